// Starts and stops tasks of a running Butler with the published TypeScript SDK, @lukehagar/plexjs 0.23.5, outside the maintenance
// window and inside it: the switch, the day, what runs already, what the window's end stops and what not. Called by ../plex_clients.rs
// with a server in BUTLER_URL and BUTLER_TOKEN whose clock can be driven and stands at an afternoon of June 2027 in Berlin, and
// the folder of the installed SDK in PLEX_CLIENTS. Ends with 0 only if all of it holds.

import assert from "node:assert/strict";

import { ask, butler, ended, require, run, runs, start, until } from "./plexjs_server.mjs";

const errors = require("@lukehagar/plexjs/sdk/models/errors");
const { TaskName } = require("@lukehagar/plexjs/sdk/models/operations");

const enabled = async (name) =>
    (await butler.getButlerTasks()).object.butlerTasks.butlerTask.find((task) => task.name === name).enabled;

const isA404 = (error) => error instanceof errors.SDKError && error.statusCode === 404;
const { RefreshLibraries, GenerateMediaIndexFiles, DeepMediaAnalysis } = TaskName;

// Outside the window: what is started begins at once and is free.
const scan = await start(RefreshLibraries);
assert.deepEqual([scan.statusCode, scan.word], [200, "started"]);
assert.equal((await ended(scan.run)).state, "completed");

// Switched off: 200, skipped, with the reason. Switched on again: it starts.
await ask("PUT", "/:/prefs?GenerateBIFBehavior=never");
assert.equal(await enabled(GenerateMediaIndexFiles), false);
const off = await start(GenerateMediaIndexFiles);
assert.deepEqual([off.statusCode, off.word, off.reason], [200, "skipped", "switched-off"]);
await ask("PUT", "/:/prefs?GenerateBIFBehavior=scheduled");
assert.equal(await enabled(GenerateMediaIndexFiles), true);
const first = await start(GenerateMediaIndexFiles);
assert.deepEqual([first.statusCode, first.word], [200, "started"]);

// It runs already: 202, and nothing is changed. Start all leaves it as it is, and starts the rest.
const second = await start(GenerateMediaIndexFiles);
assert.deepEqual([second.statusCode, second.word, second.run], [202, "running", first.run]);
assert.equal((await butler.startAllTasks()).statusCode, 200);
const all = await runs();
assert.equal(all.filter((one) => one.task === GenerateMediaIndexFiles && one.state !== "skipped").length, 1, JSON.stringify(all));
assert.ok(all.some((one) => one.task === DeepMediaAnalysis && one.origin === "person"), JSON.stringify(all));

// Stop one, then all; what neither runs nor waits is a 404.
assert.equal((await butler.stopTask(GenerateMediaIndexFiles)).statusCode, 200);
const stopped = await ended(first.run);
assert.deepEqual([stopped.state, stopped.reason_code], ["stopped", "stopped-by-person"]);
await assert.rejects(butler.stopTask(GenerateMediaIndexFiles), isA404);
assert.equal((await butler.stopAllTasks()).statusCode, 200);
await until("nothing runs", async () => (await runs()).every((one) => one.ended_at));

// Half past two, summer time: the window is open. What is due starts by itself.
await ask("PUT", "/api/v1/clock?at=2027-06-16T00:30:00Z");
const nightly = await until("the window has started the previews", async () =>
    (await runs()).find((one) => one.task === GenerateMediaIndexFiles && one.origin === "window" && one.state === "running"),
);
const met = await start(GenerateMediaIndexFiles);
assert.deepEqual([met.statusCode, met.word, met.run], [202, "running", `${nightly.id}`]);

// A person may stop it and start it again in the same window; it does not come back by itself. Now the end stops it.
assert.equal((await butler.stopTask(GenerateMediaIndexFiles)).statusCode, 200);
assert.equal((await ended(nightly.id)).reason_code, "stopped-by-person");
const bound = await start(GenerateMediaIndexFiles);
assert.deepEqual([bound.statusCode, bound.word], [200, "started"]);
await until("it works", async () => (await run(bound.run)).done >= 1);
await ask("PUT", "/api/v1/clock?rate=60000&until=2027-06-16T03:01:00Z");
const cut = await ended(bound.run);
assert.deepEqual([cut.state, cut.reason_code, cut.day], ["stopped", "window-ended", "2027-06-16"], JSON.stringify(cut));

// After it, the same start is free again: it comes to its end.
await until("nothing runs", async () => (await runs()).every((one) => one.ended_at));
const free = await start(GenerateMediaIndexFiles);
assert.deepEqual([free.statusCode, free.word], [200, "started"]);
assert.equal((await ended(free.run)).state, "completed");

// Not its day: the backup of the 15th or 16th is due again after three days, whoever asks.
const { BackupDatabase } = TaskName;
await ask("PUT", "/api/v1/clock?at=2027-06-17T12:00:00Z");
const early = await start(BackupDatabase);
assert.deepEqual([early.statusCode, early.word, early.reason], [200, "skipped", "not-its-day"]);
assert.match(early.due, /^2027-06-1[89]$/);
