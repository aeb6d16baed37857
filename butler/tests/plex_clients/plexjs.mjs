// Drives a running Butler with the published TypeScript SDK, @lukehagar/plexjs 0.23.5: its five Butler calls, and its typed
// error where the token is missing or wrong. Called by ../plex_clients.rs with the server in BUTLER_URL and BUTLER_TOKEN and
// the folder of the installed SDK in PLEX_CLIENTS. Ends with 0 only if all of it holds.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.PLEX_CLIENTS}/node/`);
const { PlexAPI } = require("@lukehagar/plexjs");
const errors = require("@lukehagar/plexjs/sdk/models/errors");
const { TaskName } = require("@lukehagar/plexjs/sdk/models/operations");

const serverURL = process.env.BUTLER_URL;
const plex = (accessToken) => new PlexAPI({ serverURL, accessToken });
const { butler } = plex(process.env.BUTLER_TOKEN);

// The list: a typed body, whose root is ButlerTasks.
const listed = await butler.getButlerTasks();
assert.equal(listed.statusCode, 200);
assert.match(listed.contentType, /^application\/json/);
const tasks = listed.object.butlerTasks.butlerTask;
for (const task of tasks) {
    assert.ok(task.title.length > 0 && task.description.length > 0, JSON.stringify(task));
    assert.equal(typeof task.interval, "number");
    assert.equal(typeof task.enabled, "boolean");
    assert.equal(typeof task.scheduleRandomized, "boolean");
}
const names = tasks.map((task) => task.name);
assert.ok(names.includes("RefreshLibraries") && names.includes("GenerateMediaIndexFiles"), names.join());

// Start one, stop one.
const started = await butler.startTask(TaskName.RefreshLibraries);
assert.ok([200, 202].includes(started.statusCode), `${started.statusCode}`);
assert.ok((await butler.startTask(TaskName.GenerateMediaIndexFiles)).statusCode < 300);
await stop(TaskName.GenerateMediaIndexFiles);

// A task of the SDK's list that does not run, or that this server does not have, is a 404: an SDKError there.
await assert.rejects(butler.stopTask(TaskName.BackupDatabase), (error) => error instanceof errors.SDKError && error.statusCode === 404);

// Start all, stop all.
assert.equal((await butler.startAllTasks()).statusCode, 200);
assert.equal((await butler.stopAllTasks()).statusCode, 200);

// No token, and a wrong one: each call has an error class of its own, and the body's entries are in it.
const refused = [
    [errors.GetButlerTasksUnauthorized, (sdk) => sdk.getButlerTasks()],
    [errors.StartAllTasksUnauthorized, (sdk) => sdk.startAllTasks()],
    [errors.StopAllTasksUnauthorized, (sdk) => sdk.stopAllTasks()],
    [errors.StartTaskUnauthorized, (sdk) => sdk.startTask(TaskName.RefreshLibraries)],
    [errors.StopTaskUnauthorized, (sdk) => sdk.stopTask(TaskName.RefreshLibraries)],
];
for (const token of [undefined, "wrong"]) {
    for (const [Unauthorized, call] of refused) {
        const error = await call(plex(token).butler).then(
            () => assert.fail(`${Unauthorized.name}: the call went through`),
            (error) => error,
        );
        assert.ok(error instanceof Unauthorized, `${Unauthorized.name} expected, not ${error.constructor.name}: ${error.message}`);
        assert.equal(error.errors.length, 1);
        assert.deepEqual([error.errors[0].code, error.errors[0].status], [1001, 401]);
        assert.ok(error.errors[0].message.length > 0);
    }
}

// Stopping meets a run that may have ended by itself: both answers are right.
async function stop(name) {
    try {
        assert.equal((await butler.stopTask(name)).statusCode, 200);
    } catch (error) {
        assert.ok(error instanceof errors.SDKError && error.statusCode === 404, `${error}`);
    }
}
