// Starts and stops every kind of task of a running Butler with the published TypeScript SDK,
// @lukehagar/plexjs 0.23.5: a weekly one that is not on its day, a randomised one inside the window and
// outside it, housekeeping beside media, and what is moved while it is placed. Called by ../plex_clients.rs
// with a server in BUTLER_URL and BUTLER_TOKEN that has stand-ins, whose clock can be driven and stands at an
// afternoon of June 2027 in Berlin, with films that keep a worker busy, and the folder of the installed SDK
// in PLEX_CLIENTS. Ends with 0 only if all of it holds.

import assert from "node:assert/strict";

import { ask, butler, ended, require, run, runs, start, until } from "./plexjs_server.mjs";

const { TaskName } = require("@lukehagar/plexjs/sdk/models/operations");

const newest = async (task) => (await runs()).find((one) => one.task === task);
const quiet = () => until("nothing runs or waits", async () => (await runs()).every((one) => one.ended_at));
const clock = (words) => ask("PUT", `/api/v1/clock?${words}`);

// Lets the clock go fast until a state is reached, and then as fast as the machine's.
async function fast(what, state) {
    await clock("rate=3600");
    const found = await until(what, state);
    await clock("rate=1");
    return found;
}

const { RefreshLibraries: SCAN, GenerateMediaIndexFiles: PREVIEWS, BackupDatabase: BACKUP } = TaskName;
const { CleanOldBundles: WEEKLY, RefreshPeriodicMetadata: RANDOMIZED } = TaskName;

await ask("PUT", "/:/prefs?ButlerCatchUp=off&ButlerTaskBackupDatabase=0");
const list = (await butler.getButlerTasks()).object.butlerTasks.butlerTask;
const row = (name) => list.find((task) => task.name === name);
assert.deepEqual([row(WEEKLY).interval, row(WEEKLY).scheduleRandomized], [7, false]);
assert.deepEqual([row(RANDOMIZED).interval, row(RANDOMIZED).scheduleRandomized], [1, true]);

// Outside the window all start at once, the randomised one too; not the one that is switched off.
assert.equal((await butler.startAllTasks()).statusCode, 200);
await until("media works beside housekeeping", async () => {
    const working = (await runs()).filter((one) => one.state === "running").map((one) => one.task);
    return working.includes(PREVIEWS) && working.includes(RANDOMIZED);
});
assert.equal(await newest(BACKUP), undefined, "it is switched off");

// Housekeeping goes one at a time, and says behind whom; whoever runs or waits already is left as it is.
const first = await newest(RANDOMIZED);
assert.equal(first.origin, "person");
const waiting = await newest(WEEKLY);
assert.deepEqual([waiting.state, waiting.reason_code], ["queued", "behind-lane"], JSON.stringify(waiting));
for (const [name, id] of [[RANDOMIZED, first.id], [WEEKLY, waiting.id]]) {
    const again = await start(name);
    assert.deepEqual([again.statusCode, again.word, again.run], [202, "running", `${id}`]);
}
assert.equal((await butler.stopAllTasks()).statusCode, 200);
await quiet();
for (const one of [await run(first.id), await run(waiting.id), await newest(PREVIEWS)]) {
    assert.deepEqual([one.state, one.reason_code], ["stopped", "all-stopped-by-person"], JSON.stringify(one));
}

// The weekly one: a stop does not count against a person. Once it has completed it can be started again on
// that day, and from the next day on not before its week is over. So does everything else that keeps house once a
// week.
const weekly = await start(WEEKLY);
assert.deepEqual([weekly.statusCode, weekly.word], [200, "started"]);
const whole = await fast("it has completed", async () => ((one) => one.ended_at && one)(await run(weekly.run)));
assert.deepEqual([whole.state, whole.day], ["completed", "2027-06-15"], JSON.stringify(whole));
const { CleanOldCacheFiles: CACHE, OptimizeDatabase: OPTIMIZE } = TaskName;
for (const name of [WEEKLY, CACHE, OPTIMIZE]) {
    const sameDay = await start(name);
    assert.deepEqual([sameDay.statusCode, sameDay.word], [200, "started"], name);
    assert.equal((await ended(sameDay.run)).state, "completed", name);
}
await clock("at=2027-06-16T12:00:00Z");
for (const name of [WEEKLY, CACHE, OPTIMIZE]) {
    const early = await start(name);
    assert.deepEqual([early.statusCode, early.word, early.reason, early.due], [200, "skipped", "not-its-day", "2027-06-22"], name);
}
await butler.startAllTasks();
const skipped = await newest(WEEKLY);
assert.deepEqual([skipped.state, skipped.reason_code], ["skipped", "not-its-day"], JSON.stringify(skipped));
await butler.stopAllTasks();
await quiet();

// Inside the window, ten past two: the randomised one is placed, whoever asks for it, in whole seconds and
// before the window's end. The clock stands, so that its moment does not come meanwhile.
await clock("at=2027-06-17T00:10:00Z&rate=0");
await until("the window has placed it", async () => ((one) => one?.day === "2027-06-17" || one?.state === "scheduled")(await newest(RANDOMIZED)));
const within = (at, from, to) => assert.ok(at >= from && at < to && /^[-0-9]+T[0-9:]+Z$/.test(at), `${at} is not from ${from} to ${to}`);
const placed = await start(RANDOMIZED);
assert.deepEqual([placed.statusCode, placed.word], [200, "scheduled"], JSON.stringify(placed));
within(placed.at, "2027-06-17T00:10:00Z", "2027-06-17T03:00:00Z");
assert.equal((await butler.startAllTasks()).statusCode, 200);
assert.equal((await newest(RANDOMIZED)).id, Number(placed.run), "what is scheduled stays as it is");
assert.equal((await butler.stopTask(RANDOMIZED)).statusCode, 200);
assert.equal((await ended(placed.run)).state, "stopped");
const own = await start(RANDOMIZED);
assert.deepEqual([own.statusCode, own.word], [200, "scheduled"]);
within(own.at, "2027-06-17T00:10:00Z", "2027-06-17T03:00:00Z");
const of = await run(own.run);
assert.deepEqual([of.state, of.origin], ["scheduled", "person"], JSON.stringify(of));

// The window is moved to ten in the morning: what is placed moves along, under its id, and begins at its
// moment.
await until("the night's scan has completed", async () => (await newest(SCAN)).state === "completed");
await ask("PUT", "/:/prefs?ButlerStartHour=10&ButlerEndHour=12");
const moved = (await ask("GET", "/api/v1/tasks")).tasks.find((task) => task.name === RANDOMIZED).next_at;
within(moved, "2027-06-17T08:00:00Z", "2027-06-17T10:00:00Z");
assert.equal((await run(own.run)).state, "scheduled");
const begun = await fast("it has begun", async () => ((one) => one.started_at && one)(await run(own.run)));
const late = Date.parse(begun.started_at) - Date.parse(moved);
assert.ok(late >= 0 && late < 60_000, `it was placed at ${moved} and began at ${begun.started_at}`);
