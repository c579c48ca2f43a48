// Reads questions about settings from stdin, asks npm's and pnpm's own code, and prints the answers.
const fs = require('fs')
const [npm, pnpm] = process.argv.slice(2)
const ini = require(`${npm}/node_modules/ini`)
const auth = require(`${npm}/node_modules/npm-registry-fetch/lib/auth.js`)
const npmExpand = require(`${npm}/node_modules/@npmcli/config/lib/env-replace.js`)

// pnpm is one file: the function is cut out of it.
const bundle = fs.readFileSync(pnpm, 'utf8')
const start = bundle.indexOf('var ENV_EXPR =')
const end = bundle.indexOf('\n  }\n});', start)
if (start < 0 || end < 0) throw new Error(`${pnpm}: env-replace is not in it`)
const exports2 = {}
eval(bundle.slice(start, end))

const attempt = (make) => { try { return { is: make() } } catch (error) { return { throws: error.message } } }
const top = (object) => Object.fromEntries(Object.entries(object)
  .map(([key, value]) => [key, value && typeof value === 'object' && !Array.isArray(value) ? {} : value]))
const header = ({ url, settings }) => {
  const found = auth(url, settings)
  return found.token ? `Bearer ${found.token}` : found.auth ? `Basic ${found.auth}` : null
}

const { texts, variables, env, asked } = JSON.parse(fs.readFileSync(0, 'utf8'))
process.stdout.write(JSON.stringify({
  texts: texts.map((text) => attempt(() => top(ini.parse(text)))),
  npm: variables.map((text) => attempt(() => npmExpand(text, env))),
  pnpm: variables.map((text) => attempt(() => exports2.envReplace(text, env))),
  asked: asked.map((one) => attempt(() => header(one))),
}))
