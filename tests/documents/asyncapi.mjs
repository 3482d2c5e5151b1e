// Lints docs/asyncapi.yaml and holds it to the golden vectors: every frame that travels fits the message of its type, what a node
// refuses fits none, and every message has a vector.
//
//   node asyncapi.mjs ROOT      (packages from node_modules beside it)

import { readFileSync } from 'node:fs'
import { Parser } from '@asyncapi/parser'
import Ajv from 'ajv'

const root = process.argv[2]
const read = (path) => readFileSync(`${root}/${path}`, 'utf8')
const faults = []

const { document, diagnostics } = await new Parser().parse(read('docs/asyncapi.yaml'))
// a newer version of AsyncAPI is no fault of the document
for (const { code, message, path } of diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version')) {
  faults.push(`${path.join('.')}: ${message} (${code})`)
}
if (!document) report()

// What a client asks is in one object, what a node says in another: both have an `@@hub/ping`.
const ajv = new Ajv({ strict: false, allErrors: true })
const senders = { client: new Map(), server: new Map() }
const socket = document.channels().get('socket')
const asked = new Set(
  document.operations().filterByReceive().flatMap((operation) => operation.messages().all().map((message) => message.id())),
)
for (const message of socket.messages().all()) {
  const schema = structuredClone(message.payload().json())
  const kind = asked.has(message.id()) ? 'client' : 'server'
  senders[kind].set(message.name(), { check: ajv.compile(kind === 'server' ? closed(schema) : schema), vectors: 0 })
}

// The same schema without fields it does not name: clients ignore those, and here they would be fields without a description.
function closed(schema) {
  for (const inner of Array.isArray(schema) ? schema : Object.values(schema)) {
    if (inner && typeof inner === 'object') closed(inner)
  }
  if (schema.properties) schema.additionalProperties ??= false
  return schema
}

function fault(sender, action) {
  const reserved = typeof action?.type === 'string' && action.type.startsWith('@@hub/')
  const message = senders[sender].get(reserved ? action.type : sender === 'client' ? 'action' : 'publication')
  if (!message) return `no message for ${action.type}`
  message.vectors += 1
  return message.check(action) ? undefined : ajv.errorsText(message.check.errors)
}

const vectors = (file) => JSON.parse(read(`protocol/tests/golden/v1/${file}.json`)).filter(({ json }) => json !== undefined)
const actions = (frame) => (Array.isArray(frame) ? frame : [frame])

for (const [file, sender] of [['client', 'client'], ['client_one_encoding', 'client'], ['server', 'server']]) {
  for (const { name, json } of vectors(file)) {
    if (name === 'reserved_type') continue // read by the codec, refused by the session
    for (const action of actions(JSON.parse(json))) {
      const found = fault(sender, action)
      if (found) faults.push(`${file}.json: ${name}: ${found}`)
    }
  }
}

// Refusals that a schema can express; JSON.parse keeps the last of two equal keys, and bytes and depth are no matter of shape.
let refused = 0
for (const { name, json, error } of vectors('refused')) {
  if (!['bad_action', 'bad_address'].includes(error) || name.includes('doubled')) continue
  const frame = JSON.parse(json)
  refused += 1
  const fits = actions(frame).length > 0 && actions(frame).every((action) => !fault('client', action))
  if (fits) faults.push(`refused.json: ${name}: fits the document`)
}
if (refused < 20) faults.push(`only ${refused} refused vectors were checked`)

for (const [sender, messages] of Object.entries(senders)) {
  for (const [name, { vectors }] of messages) {
    if (vectors === 0) faults.push(`${name} of the ${sender} has no golden vector`)
  }
}
report()

function report() {
  for (const found of faults) console.error(found)
  if (faults.length === 0) console.log(`${senders.client.size} messages of clients, ${senders.server.size} of nodes`)
  process.exit(faults.length === 0 ? 0 : 1)
}
