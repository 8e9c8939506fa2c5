// Small makers of elements. Text always goes in as text, never as markup.

export const find = (id) => document.getElementById(id)

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value)
    else if (name === 'class') element.className = value
    else element.setAttribute(name, value === true ? '' : value)
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ''))
  return element
}

export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use')
  use.setAttribute('href', `#i-${name}`)
  svg.setAttribute('class', 'i')
  svg.setAttribute('aria-hidden', 'true')
  svg.append(use)
  return svg
}

export function label(id, text, iconName) {
  const element = find(id)
  element.setAttribute('aria-label', text)
  element.title = text
  if (iconName) element.replaceChildren(icon(iconName))
}

const COLOURS = ['#0f766e', '#b45309', '#7c3aed', '#be185d', '#1d4ed8', '#15803d', '#c2410c', '#4338ca']

export function avatar(name, seed) {
  const parts = name.trim().split(/\s+/)
  const initials = (parts.length > 1 ? [...parts[0]][0] + [...parts.at(-1)][0] : [...parts[0]].slice(0, 2).join('')).toUpperCase()
  const element = make('span', { class: 'avatar', 'aria-hidden': 'true' }, initials)
  element.style.backgroundColor = COLOURS[Math.abs(seed) % COLOURS.length]
  return element
}
