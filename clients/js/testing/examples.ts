import { readFileSync } from 'node:fs'

export interface Example {
  /** Of the package and the line where it begins. */
  name: string
  language: 'ts' | 'tsx'
  code: string
}

/** The code blocks of a package's README. */
export function examplesOf(name: string): Example[] {
  const text = readFileSync(new URL(`../${name}/README.md`, import.meta.url), 'utf8')
  return [...text.matchAll(/^```(tsx?)\n(.*?)^```$/gms)].map(({ index, 1: language, 2: code }) => ({
    name: `${name}-${text.slice(0, index).split('\n').length}`,
    language: language as Example['language'],
    code: code ?? '',
  }))
}
