"""Drives a running Butler with python-plexapi 4.18: tracks that sound alike, and a way from one to another.

Called by ../plex_clients.rs with the server in BUTLER_URL and BUTLER_TOKEN, a section of music with three tracks of drums and
three of strings, and a tune. Ends with 0 only if all of it holds.
"""

import os
import sys
import time

# This folder has a file with the name of the package that is used.
sys.path.pop(0)

from plexapi.exceptions import BadRequest, NotFound  # noqa: E402
from plexapi.server import PlexServer  # noqa: E402

URL, TOKEN = (os.environ[name] for name in ("BUTLER_URL", "BUTLER_TOKEN"))


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
        time.sleep(0.1)
    raise AssertionError(f"waited in vain until {what}")


plex = PlexServer(URL, TOKEN)
music = plex.library.section("Music")
plex.runButlerTask("RefreshLibraries")
tracks = until("the tracks are there", lambda: len(music.searchTracks()) == 7 and music.searchTracks())
drums = {track.title: track for track in tracks}["Drums 1"]
assert not drums.hasSonicAnalysis and drums.sonicallySimilar() == [], vars(drums)

# The switch that a client knows, and the task.
assert plex.settings.get("MusicAnalysisBehavior").value == "scheduled"
assert {setting.id: setting.value for setting in music.settings()}["musicAnalysis"] is True
plex.runButlerTask("MusicAnalysis")
until("all are heard", lambda: all(track.hasSonicAnalysis for track in music.searchTracks()))

# Nearest first, each with its distance; bounded as the client says.
near = drums.sonicallySimilar(maxDistance=1.0)
assert len(near) == 6 and drums.ratingKey not in [track.ratingKey for track in near], near
assert {track.title for track in near[:2]} == {"Drums 2", "Drums 3"}, near
distances = [track.distance for track in near]
assert distances == sorted(distances) and 0 <= distances[0] and distances[-1] <= 1, distances
assert [track.ratingKey for track in drums.sonicallySimilar(limit=1, maxDistance=1.0)] == [near[0].ratingKey]
assert len(drums.sonicallySimilar(maxDistance=distances[1] + 0.0001)) == 2
assert near[0].artist().title == "Drums" and near[0].media[0].parts[0].file, vars(near[0])
refuses(BadRequest, lambda: drums.sonicallySimilar(limit=0))
refuses(NotFound, lambda: drums.album().sonicallySimilar())

# A way to the strings.
strings = {track.title: track for track in tracks}["Strings 1"]
way = drums.sonicAdventure(strings)
assert (way[0], way[-1]) == (drums, strings) and len({track.ratingKey for track in way}) == len(way) == 7, way
assert music.sonicAdventure(drums.ratingKey, strings.ratingKey) == way
