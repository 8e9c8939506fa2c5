// A chat as a conversation script, for testers to keep and edit.

import { find } from './elements.js'
import { here } from './here.js'
import { fail } from './notices.js'
import { readText } from './server.js'
import { say } from './words.js'

export async function record() {
  const path = `script?person=${encodeURIComponent(here.me.key)}`
  try { find('script-text').value = await readText(path) } catch (error) { fail(error); return }
  for (const [id, name] of Object.entries({ 'script-title': 'record', 'script-hint': 'recordHint', 'script-close': 'close', 'script-copy': 'copy', 'script-save': 'save' })) find(id).textContent = say(name)
  find('script-text').setAttribute('aria-label', say('record'))
  find('script-save').href = `/control/${path}`
  find('script-save').download = `${here.me.key}.yaml`
  find('script').showModal()
}

find('script-copy').addEventListener('click', async () => {
  find('script-text').select()
  try {
    await navigator.clipboard.writeText(find('script-text').value)
    find('script-copy').textContent = say('copied')
  } catch (error) { find('script-hint').textContent = error.message }
})
