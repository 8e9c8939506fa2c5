// A text with its entities, whose places are counted as JavaScript counts.

import { make } from './elements.js'

const SAFE = /^(https?:|mailto:|tel:)/i
// These stand on lines of their own, so the line breaks around them are not shown as well.
const BLOCKS = new Set(['pre', 'blockquote', 'expandable_blockquote'])
const PLAIN = { bold: 'strong', italic: 'em', underline: 'u', strikethrough: 's', code: 'code', blockquote: 'blockquote', expandable_blockquote: 'blockquote' }

export function formatted(text, entities, onCommand) {
  const parent = document.createDocumentFragment()
  const sorted = [...(entities || [])].sort((a, b) => a.offset - b.offset || b.length - a.length)
  build(parent, text, 0, text.length, sorted, onCommand)
  return parent
}

function build(parent, text, start, end, entities, onCommand) {
  let at = start
  const waiting = [...entities]
  while (waiting.length) {
    const entity = waiting.shift()
    const from = Math.max(entity.offset, at)
    const to = Math.min(entity.offset + entity.length, end)
    if (to <= from) continue
    const block = BLOCKS.has(entity.type)
    const last = block && text[from - 1] === '\n' ? from - 1 : from
    if (last > at) parent.append(text.slice(at, last))
    const inner = waiting.filter((other) => other.offset < to)
    const shell = shellOf(entity, text.slice(from, to), onCommand)
    build(shell, text, from, to, inner, onCommand)
    parent.append(shell)
    at = block && text[to] === '\n' ? to + 1 : to
  }
  parent.append(text.slice(at, end))
}

function shellOf(entity, shown, onCommand) {
  const kind = entity.type
  if (kind in PLAIN) return make(PLAIN[kind], { class: kind === 'code' ? 'mono' : undefined })
  if (kind === 'pre') return make('pre', { 'data-language': entity.language })
  if (kind === 'spoiler') return spoiler()
  if (kind === 'bot_command') return make('button', { type: 'button', class: 'inline', onclick: () => onCommand(shown) })
  const target = address(entity, shown)
  if (target) return make('a', { href: target, target: '_blank', rel: 'noopener noreferrer' })
  return make('span', { class: ['mention', 'hashtag', 'text_mention'].includes(kind) ? 'accent' : undefined })
}

function address(entity, shown) {
  const raw = { text_link: entity.url, url: shown, email: `mailto:${shown}`, phone_number: `tel:${shown.replace(/[^+\d]/g, '')}` }[entity.type]
  if (!raw) return null
  const full = /^[a-z][a-z\d+.-]*:/i.test(raw) && !/^[\w.-]+:\d/.test(raw) ? raw : `https://${raw}`
  return SAFE.test(full) ? full : null
}

function spoiler() {
  const element = make('span', { class: 'spoiler', tabindex: '0', role: 'button', 'aria-expanded': 'false' })
  const reveal = (event) => {
    if (element.classList.contains('shown') || (event.key && event.key !== 'Enter' && event.key !== ' ')) return
    event.preventDefault()
    element.classList.add('shown')
    element.setAttribute('aria-expanded', 'true')
  }
  element.addEventListener('click', reveal)
  element.addEventListener('keydown', reveal)
  return element
}
