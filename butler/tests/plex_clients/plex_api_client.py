"""Drives a running Butler with the Python SDK plex-api-client 0.36: its five Butler calls, and its typed 401.

Called by ../plex_clients.rs with the server in BUTLER_URL and BUTLER_TOKEN. Ends with 0 only if all of it holds.
"""

import os
import sys
import time

# This file has the name of the package that it uses.
sys.path.pop(0)

from plex_api_client import PlexAPI  # noqa: E402
from plex_api_client.models import errors  # noqa: E402

URL, TOKEN = os.environ["BUTLER_URL"], os.environ["BUTLER_TOKEN"]


def status(call):
    """The status of an answer, whether the SDK takes it as one or raises."""
    try:
        return call().status_code
    except errors.PlexAPIError as error:
        return error.status_code


with PlexAPI(token=TOKEN, server_url=URL) as plex:
    answer = plex.butler.get_tasks()
    assert answer.status_code == 200 and answer.content_type.startswith("application/json"), answer
    tasks = {task.name: task for task in answer.object.butler_tasks.butler_task}
    for name in ("RefreshLibraries", "GenerateMediaIndexFiles"):
        task = tasks[name]
        assert task.enabled is True and task.interval == 1 and task.schedule_randomized is False, task
        assert task.title and task.description, task

    # Its class of answers knows 200 only: a start that meets a running task is a 202, which it raises as an SDKError.
    assert status(lambda: plex.butler.start_task(request={"butler_task": "RefreshLibraries"})) in (200, 202)
    assert status(lambda: plex.butler.start_task(request={"butler_task": "GenerateMediaIndexFiles"})) in (200, 202)
    assert status(lambda: plex.butler.stop_task(request={"butler_task": "GenerateMediaIndexFiles"})) in (200, 404)
    assert status(lambda: plex.butler.stop_task(request={"butler_task": "BackupDatabase"})) == 404
    assert plex.butler.start_tasks().status_code == 200
    assert plex.butler.stop_tasks().status_code == 200

    # It sends every switch with its default, `nocache` and `unwatched` among them, with whatever it asks.
    deadline = time.monotonic() + 120
    while True:
        films = plex.content.list_content(request={"section_id": "1"}).media_container_with_metadata.media_container
        if films.size == 3:
            break
        assert time.monotonic() < deadline, films
        time.sleep(0.2)

    # Keeping house, each a run of the task that does so.
    assert status(lambda: plex.library.optimize_database(request={})) == 200
    assert status(plex.library.clean_bundles) == 200
    assert status(plex.library.delete_caches) == 200
    assert status(lambda: plex.library.empty_trash_put(request={"section_id": 1})) == 200

for token in (None, "wrong"):
    with PlexAPI(token=token, server_url=URL) as plex:
        for call in (plex.butler.get_tasks, plex.butler.start_tasks, plex.butler.stop_tasks):
            try:
                call()
            except errors.Error as error:
                assert error.status_code == 401, error
                entry = error.data.errors[0]
                assert entry.code == 1001 and entry.status == 401 and entry.message, entry
            else:
                raise AssertionError(f"{call.__name__} went through with the token {token}")
        # These two ask for any type and have no class for a 401.
        assert status(lambda: plex.butler.start_task(request={"butler_task": "RefreshLibraries"})) == 401
        assert status(lambda: plex.butler.stop_task(request={"butler_task": "RefreshLibraries"})) == 401
