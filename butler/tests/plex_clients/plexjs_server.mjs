// A running Butler as the scripts beside this file see it: the published TypeScript SDK's calls, and what that has none for, by
// the server's own doors. It starts nothing and checks nothing by itself.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

export const require = createRequire(`${process.env.PLEX_CLIENTS}/node/`);
const { PlexAPI } = require("@lukehagar/plexjs");

const serverURL = process.env.BUTLER_URL;
export const { butler } = new PlexAPI({ serverURL, accessToken: process.env.BUTLER_TOKEN });

// What the SDK has no call for: the driven clock, a preference, and what became of a run.
export async function ask(method, target) {
    const answer = await fetch(serverURL + target, {
        method,
        headers: { "X-Plex-Token": process.env.BUTLER_TOKEN, Accept: "application/json" },
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${target}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
}

export async function until(what, state) {
    for (let turn = 0; turn < 6000; turn++) {
        const found = await state();
        if (found) return found;
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.fail(`waited in vain until ${what}: ${JSON.stringify(await ask("GET", "/api/v1/runs"))}`);
}

export const run = (id) => ask("GET", `/api/v1/runs/${id}`);
export const runs = async () => (await ask("GET", "/api/v1/runs")).runs;
export const ended = (id) => until(`run ${id} has ended`, async () => ((found) => found.ended_at && found)(await run(id)));

// Starts a task by the SDK; gives the status, and the words of the header that says what became of it.
export async function start(name) {
    const { statusCode, rawResponse } = await butler.startTask(name);
    const [word, ...fields] = rawResponse.headers.get("X-Butler-Outcome").split("; ");
    return { statusCode, word, ...Object.fromEntries(fields.map((field) => field.split("="))) };
}
