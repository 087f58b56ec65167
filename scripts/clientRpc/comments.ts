import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Comments of a form and of its properties. */
export type Comments = { readonly form?: string; readonly properties: { readonly [name: string]: string } }

const FOLDER = join('rpc', 'rollup')
const COMMENT = String.raw`\/\*\*((?:(?!\*\/)[^])*)\*\/\s*`

/**
 * The comments of forms with a name, and of their properties, as the sources of the methods have them: schemas carry none.
 */
export function readComments(): ReadonlyMap<string, Comments> {
  const files = readdirSync(FOLDER).sort()
  return new Map(files.flatMap((file) => commentsIn(readFileSync(join(FOLDER, file), 'utf8'))))
}

function commentsIn(source: string): [title: string, comments: Comments][] {
  const named = new RegExp(String.raw`(?:${COMMENT}(?:export )?const \w+ = )?\bnamed\(\s*'(\w+)',\s*\{`, 'g')
  return [...source.matchAll(named)].map((match) => {
    const [opening, form, title = ''] = match
    const properties = propertyComments(objectAt(source, match.index + opening.length))
    return [title, { ...(form === undefined ? {} : { form: oneLine(form) }), properties }]
  })
}

/** The text up to the brace that closes the object, without the objects in it. */
function objectAt(source: string, start: number): string {
  let depth = 1
  let text = ''
  for (let at = start; depth > 0 && at < source.length; at++) {
    const character = source[at] ?? ''
    if (character === '}') depth--
    if (depth === 1) text += character
    if (character === '{') depth++
  }
  return text
}

function propertyComments(object: string): { readonly [name: string]: string } {
  const commented = object.matchAll(new RegExp(String.raw`${COMMENT}(\w+):`, 'g'))
  return Object.fromEntries([...commented].map(([, text = '', name = '']) => [name, oneLine(text)]))
}

const oneLine = (text: string): string => text.replace(/\s*\n\s*\*?\s*/g, ' ').trim()
