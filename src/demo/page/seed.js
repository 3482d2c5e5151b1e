// What is known before anybody edits anything: the orders as they came in, and how people look.

const PRODUCTS = [
  ['Desk lamp', 3900],
  ['Office chair', 24900],
  ['Notebook A5', 450],
  ['Whiteboard', 11900],
  ['Monitor arm', 8900],
  ['Cable set', 1290],
  ['Standing desk', 49900],
]
const FIRST = { acme: 1842, beta: 2201 }
const ORDERS = 12

export const STATUSES = ['new', 'checked', 'packed', 'sent']

export function orderIds(org) {
  const first = FIRST[org] ?? 3001
  return Array.from({ length: ORDERS }, (_, n) => String(first + n))
}

/** The same on every browser, since it follows from the id. */
export function seedOrder(id) {
  const number = Number.parseInt(id, 10) || 0
  const lines = Array.from({ length: 3 + (number % 2) }, (_, n) => {
    const [name, price] = PRODUCTS[(number + n * 3) % PRODUCTS.length]
    return { name, quantity: 1 + ((number + n) % 4), price }
  })
  return { id, status: STATUSES[number % 3], lines, comments: [], edits: 0, pos: undefined }
}

export const totalOf = ({ lines }) => lines.reduce((sum, { quantity, price }) => sum + quantity * price, 0)

const money = new Intl.NumberFormat('en', { minimumFractionDigits: 2 })
export const moneyOf = (cents) => money.format(cents / 100)

/** One of eight colours that white letters can be read on. */
export function hueOf(user) {
  let sum = 0
  for (const letter of user) sum = (sum * 31 + letter.codePointAt(0)) % 1009
  return sum % 8
}

/** The order of a stream stands in the first number of a position. */
export const sequenceOf = (pos) => (pos === undefined ? 0 : Number.parseInt(pos, 10))
