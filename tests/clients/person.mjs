// People for drivers in other languages, one JSON line each: `node person.mjs make NAME FOLDER` makes a person and a program
// for BROWSER in the folder; `apps` and `revoke` with what it printed are Connected Apps.
import { browserProgram, apps, person, revokeAll } from './people.mjs';

const [, , verb, first, folder] = process.argv;
const told = {
  async make() {
    const who = await person(first);
    return { who, browser: browserProgram(folder, who).env.BROWSER, log: `${folder}/browser.log` };
  },
  apps: () => apps(JSON.parse(first)),
  revoke: () => revokeAll(JSON.parse(first)),
}[verb];
console.log(JSON.stringify(await told()));
