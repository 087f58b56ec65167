import { readFileSync } from 'node:fs'

/** A part of a page under one heading: its programs, each the code between two fences. */
export type Section = { title: string; blocks: readonly Block[] }
export type Block = { language: string; code: string }

/** The sections of a page of docs/ under headings of this depth, with what comes before the first one. */
export function sectionsOf(text: string, depth: number): { opening: Section; sections: readonly Section[] } {
  const mark = `\n${'#'.repeat(depth)} `
  const [opening = '', ...rest] = text.split(mark)
  const section = (part: string): Section => ({ title: part.slice(0, part.indexOf('\n')), blocks: blocksOf(part) })
  return { opening: section(opening), sections: rest.map(section) }
}

export function readPage(name: string): string {
  return readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')
}

/** All code of one language, one block after the other. */
export function codeOf({ blocks }: Section, language: string): string {
  return blocks.flatMap((block) => (block.language === language ? [block.code] : [])).join('')
}

/** What a program says that it prints: `// → text`, or `# → text` in a shell. */
export function expectedOf(code: string): string[] {
  return [...code.matchAll(/(?:\/\/|#) → (.*)$/gm)].map(([, text = '']) => text)
}

/** What was printed, with the lines that fit replaced by what was expected: … stands for anything. */
export function compared(printed: readonly string[], expected: readonly string[]): string[] {
  return printed.map((line, index) => (fits(line, expected[index]) ? (expected[index] ?? line) : line))
}

function blocksOf(text: string): Block[] {
  return [...text.matchAll(/```(\w*)\n([\s\S]*?)```/g)].map(([, language = '', code = '']) => ({ language, code }))
}

function fits(line: string, pattern: string | undefined): boolean {
  if (pattern === undefined) return false
  const parts = pattern.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`).test(line)
}
