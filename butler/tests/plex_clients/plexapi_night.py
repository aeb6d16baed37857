"""Drives a running Butler with python-plexapi 4.18: settings read, changed and saved, activities, and alerts while a task runs.

Called by ../plex_clients.rs with the server in BUTLER_URL and BUTLER_TOKEN, and twelve long films in its only section, which has not
been scanned. Ends with 0 only if all of it holds.
"""

import os
import sys
import time

# The file beside this one has the name of the package that it uses.
sys.path.pop(0)

from plexapi.exceptions import BadRequest, NotFound  # noqa: E402
from plexapi.server import PlexServer  # noqa: E402

URL, TOKEN = os.environ["BUTLER_URL"], os.environ["BUTLER_TOKEN"]


def refuses(error, call):
    try:
        call()
    except error:
        return
    raise AssertionError(f"{error.__name__} expected")


def until(what, state):
    for _ in range(6000):
        found = state()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited in vain until {what}")


plex = PlexServer(URL, TOKEN)

# Settings: every one has what a page needs, and Plex's are where Plex has them.
for setting in plex.settings.all():
    assert setting.id and setting.type in ("bool", "int", "double", "text"), vars(setting)
    assert type(setting.value) is type(setting.default), vars(setting)
    assert setting.hidden or (setting.label and setting.group), vars(setting)
butler = {setting.id for setting in plex.settings.group("butler")}
assert {"ButlerStartHour", "ButlerEndHour", "ButlerTaskRefreshLibraries"} <= butler, butler
start = plex.settings.get("butlerStartHour")
assert (start.value, start.default, start.type) == (2, 2, "int"), vars(start)
assert list(start.enumValues) == list(range(24)), start.enumValues
assert set(plex.settings.get("generateBIFBehavior").enumValues) == {"never", "scheduled", "asap"}

# Read, changed, saved; another connection sees it. (This one's list is stale: the client reads the answer's first setting only.)
plex.settings.get("butlerStartHour").set(3)
plex.settings.get("butlerEndHour").set(6)
plex.settings.get("generateBIFBehavior").set("never")
plex.settings.get("butlerTaskRefreshLibraries").set(False)
plex.settings.save()
other = PlexServer(URL, TOKEN).settings
assert (other.butlerStartHour, other.butlerEndHour) == (3, 6), vars(other.get("butlerStartHour"))
assert (other.generateBIFBehavior, other.butlerTaskRefreshLibraries) == ("never", False)
enabled = {task.name: task.enabled for task in plex.butlerTasks()}
assert enabled["GenerateMediaIndexFiles"] is False and enabled["RefreshLibraries"] is False, enabled
other.get("generateBIFBehavior").set("scheduled")
other.get("butlerTaskRefreshLibraries").set(True)
other.save()
assert all(task.enabled for task in plex.butlerTasks())

# What the client lets through, the server refuses, and keeps nothing of it.
refuses(BadRequest, lambda: plex.query("/:/prefs?ButlerStartHour=24&ButlerEndHour=9", plex._session.put))
refuses(BadRequest, lambda: plex.query("/:/prefs?NoSuchSetting=1&ButlerEndHour=9", plex._session.put))
refuses(NotFound, lambda: plex.query("/:/prefs/get?id=NoSuchSetting"))
assert PlexServer(URL, TOKEN).settings.butlerEndHour == 6

# Activities and alerts, while a scan and then previews run.
heard, troubles = [], []
listener = plex.startAlertListener(heard.append, troubles.append)
until("the listener is connected", lambda: listener._ws and listener._ws.sock and listener._ws.sock.connected)


def notices():
    """What was told of activities, oldest first."""
    return [notice for alert in list(heard) if alert["type"] == "activity" for notice in alert["ActivityNotification"]]


movies = plex.library.section("Movies")
movies.update()
scan = until("the scan's end is told", lambda: [notice for notice in notices() if notice["event"] == "ended"])[0]["Activity"]
assert scan["type"] == "library.update.section", scan
until("the films are there", lambda: len(movies.all()) == 15)
until("no scan runs", lambda: not movies.refreshing if movies.reload() else False)
until("nothing is active", lambda: not plex.activities)


def begin():
    """Starts the previews and gives their activity."""
    plex.runButlerTask("GenerateMediaIndexFiles")
    return until("the task is an activity", lambda: [one for one in plex.activities if "preview" in one.title.lower()])[0]


# One that is cancelled.
activity = begin()
assert activity.uuid and activity.type and activity.cancellable is True, vars(activity)
assert isinstance(activity.progress, int) and -1 <= activity.progress <= 100, vars(activity)
plex.query(f"/activities/{activity.uuid}", plex._session.delete)
until("it is gone", lambda: not plex.activities)
refuses(NotFound, lambda: plex.query(f"/activities/{activity.uuid}", plex._session.delete))

# One that comes to its end.
heard.clear()
activity = begin()


def told(event):
    """The activity, as it was told of with this event."""
    return [notice["Activity"] for notice in notices() if notice["event"] == event and notice["uuid"] == activity.uuid]


# News of an activity come once a second, and a fast machine is done by then: so it is held until there are some.
held = plex.url("/api/v1/pauses/person")
assert plex._session.put(held, headers=plex._headers()).status_code == 200
until("it is told of again", lambda: told("updated"))
assert plex._session.delete(held, headers=plex._headers()).status_code == 200
until("its end is told", lambda: told("ended"))
events = [notice["event"] for notice in notices() if notice["uuid"] == activity.uuid]
assert events[0] == "started" and events[-1] == "ended" and set(events[1:-1]) == {"updated"}, events
steps = [notice["progress"] for notice in told("updated")]
assert all(isinstance(step, int) for step in steps) and steps == sorted(steps), steps
assert all(len(alert) == 3 and {"type", "size"} < set(alert) for alert in heard), heard
assert not any(one.uuid == activity.uuid for one in plex.activities)
assert not troubles, troubles
listener.stop()
