export const PAGE: string
export function bundles(): Promise<Record<string, string>>
