// How the page talks to the simulator.

export async function read(path) {
  return (await found(path)).json()
}

export async function readText(path) {
  return (await found(path)).text()
}

async function found(path) {
  const response = await fetch(`/control/${path}`)
  if (!response.ok) throw new Error((await response.json()).error)
  return response
}

export async function tell(path, body) {
  const form = body instanceof FormData
  const response = await fetch(`/control/${path}`, {
    method: 'POST',
    headers: form ? {} : { 'content-type': 'application/json' },
    body: form ? body : JSON.stringify(body),
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.error)
  return answer
}

export function listen(onEvent, onState) {
  const source = new EventSource('/control/events')
  source.onopen = () => onState(true)
  source.onerror = () => onState(false)
  source.onmessage = (event) => onEvent(JSON.parse(event.data))
}
