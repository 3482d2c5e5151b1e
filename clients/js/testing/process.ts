import { type ChildProcess, spawn } from 'node:child_process'

/** A child of the test: ended with it, and its output is at hand when it fails. */
export interface Running {
  readonly child: ChildProcess
  readonly output: () => string
  stop(signal?: NodeJS.Signals): Promise<void>
}

const children = new Set<ChildProcess>()
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')))

export function run(program: string, args: string[], env: Record<string, string> = {}): Running {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  children.add(child)
  let output = ''
  child.stdout?.on('data', (data) => (output += data))
  child.stderr?.on('data', (data) => (output += data))
  child.on('error', (error) => (output += error))
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  return {
    child,
    output: () => output,
    async stop(signal = 'SIGKILL') {
      child.kill(signal)
      await ended
      children.delete(child)
    },
  }
}
