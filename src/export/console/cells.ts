import { columnsOf, fitted } from './text.js'

/** Of ANSI's Select Graphic Rendition; empty for none. */
export type Style = '' | '1' | '2' | '31' | '32' | '33' | '34' | '35' | '36'
export const BOLD = '1'
export const DIM = '2'
export const RED = '31'

export interface Piece {
  readonly text: string
  readonly style: Style
}

export type Cell = readonly Piece[]
export type Paint = (text: string, style: Style) => string

/** Exactly `columns` wide; empty for a column that has nothing in any row. */
export function cell(pieces: Cell, columns: number, paint: Paint): string {
  let left = columns
  let text = ''
  for (const piece of pieces) {
    const shown = fitted(piece.text, left)
    text += paint(shown, piece.style)
    left -= columnsOf(shown)
  }
  return text + ' '.repeat(left)
}

export function columnsOfCell(pieces: Cell): number {
  return pieces.reduce((sum, piece) => sum + columnsOf(piece.text), 0)
}

export function paintAnsi(text: string, style: Style): string {
  return text === '' || style === '' ? text : `\u001b[${style}m${text}\u001b[0m`
}

export function paintNothing(text: string): string {
  return text
}
