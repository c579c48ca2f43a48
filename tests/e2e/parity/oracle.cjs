// Loads the real pnpm once and runs its own `main` for each line of stdin: {"dir", "options"}. Answers each with a
// line {"error": null | text}. A start of Node.js and 9 MB of script for each of hundreds of packages would take
// minutes. Whatever differs is asked again of a process of its own (see oracle.rs).
'use strict'
const fs = require('fs')
const Module = require('module')
const path = require('path')
const readline = require('readline')

const dist = process.argv[2]
const pnpm = new Module(dist, null)
pnpm.filename = dist
pnpm.paths = Module._nodeModulePaths(path.dirname(dist))
// What pnpm prints is none of the answer.
process.stdout.write = () => true
const answer = (error) => fs.writeSync(1, JSON.stringify({ error }) + '\n')

// The script runs `main` on what it finds here as soon as it is loaded.
process.argv = [process.argv[0], dist, '--version']
pnpm._compile(fs.readFileSync(dist, 'utf8') + '\nmodule.exports = require_main3().main', dist)

async function pack({ dir, options }) {
  process.chdir(dir)
  process.exitCode = undefined
  const packed = pnpm.exports(['pack', '--reporter=silent', ...options])
  // Where pnpm waits for what never comes, a process of its own would just end.
  let timer
  const patience = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('it did not end in 60 s')), 60_000)
  })
  try {
    await Promise.race([packed, patience])
  } catch (error) {
    return `${error.code ?? error.name}: ${error.message}`
  } finally {
    clearTimeout(timer)
  }
  return process.exitCode ? `exit code ${process.exitCode}` : null
}

;(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    answer(await pack(JSON.parse(line)))
  }
  process.exit(0)
})()
