// What a client opens as its browser: `node open.mjs PERSON.json URL`. It signs in, allows, and goes to where the hub sends
// it, which is the client's own listener. One line per step, for the log of the driver.
import { readFileSync } from 'node:fs';

const { away, write, deny, ...who } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const url = process.argv.slice(3).find((word) => /^https?:/.test(word));
console.log(`opened ${url}`);
if (away || !url) process.exit(0);
// `checks.mjs`, of which `people.mjs` makes use, wants to know the hub
for (const name of ['URL', 'TOKEN', 'TENANT', 'MCP_RISK', 'PROGRAM', 'DATA']) process.env[`WATCHKEEP_${name}`] ??= '-';
/** Some clients open the browser a moment before they listen. */
async function patient(address, tries = 40) {
  try {
    return await fetch(address);
  } catch (error) {
    if (tries === 0) throw error;
    await new Promise((resolve) => setTimeout(resolve, 250));
    return patient(address, tries - 1);
  }
}

const { authorize } = await import('./people.mjs');
try {
  const left = await authorize(who, url, { write, deny });
  console.log(`sent back to ${left.replace(/(code=)[^&]*/, '$1...')}`);
  const answer = await patient(left);
  console.log(`the client answered ${answer.status}`);
} catch (error) {
  console.log(`failed: ${error.message}`);
  process.exit(1);
}
