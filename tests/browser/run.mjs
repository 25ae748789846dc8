// The pages in a real browser: `node run.mjs [control|sign-in|connect]...`. Each check is one line; `WATCHKEEP_PICTURES` is a folder for the pictures.
import { done } from '../clients/checks.mjs';
import { browser } from './window.mjs';
import * as control from './control.mjs';
import * as signIn from './sign-in.mjs';
import * as connect from './connect.mjs';

const parts = { control, 'sign-in': signIn, connect };
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts);
for (const name of wanted) await parts[name].run();
await browser.close();
done();
