"""Drives a running Butler with python-plexapi 4.18: connecting, the Butler's tasks, and sections from adding to listing.

Called by ../plex_clients.rs with the server in BUTLER_URL and BUTLER_TOKEN and a folder of films, a show, music and photos in
MEDIA. Ends with 0 only if all of it holds.
"""

import os
import sys
import time

# This file has the name of the package that it uses.
sys.path.pop(0)

from plexapi.exceptions import BadRequest, NotFound, Unauthorized  # noqa: E402
from plexapi.server import PlexServer  # noqa: E402

URL, TOKEN, MEDIA = (os.environ[name] for name in ("BUTLER_URL", "BUTLER_TOKEN", "MEDIA"))


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


# Connecting. (An empty token would be filled in from the user's own configuration: say one that is wrong.)
plex = PlexServer(URL, TOKEN)
assert plex.machineIdentifier and plex.version and plex.friendlyName and plex.platformVersion, vars(plex)
assert [int(number) for number in plex.version.split("-")[0].split(".")] >= [1, 40], plex.version
assert plex.identity().machineIdentifier == plex.machineIdentifier
refuses(Unauthorized, lambda: PlexServer(URL, "wrong"))
refuses(Unauthorized, lambda: PlexServer(URL))

# The Butler's tasks.
tasks = {task.name: task for task in plex.butlerTasks()}
for name in ("RefreshLibraries", "GenerateMediaIndexFiles"):
    task = tasks[name]
    assert task.title and task.description, vars(task)
    assert task.interval == 1 and task.enabled is True and task.scheduleRandomized is False, vars(task)
refuses(BadRequest, lambda: plex.runButlerTask("NoSuchTask"))

# Sections: none, then one of each type.
assert plex.library.sections() == []
added = {"movie": "Movies", "show": "Shows", "artist": "Music", "photo": "Photos"}
agents = {"movie": ("tv.plex.agents.movie", "Plex Movie"), "show": ("tv.plex.agents.series", "Plex TV Series")}
for kind, name in added.items():
    agent, scanner = agents.get(kind, ("com.plexapp.agents.none", "Plex Scanner"))
    plex.library.add(name=name, type=kind, agent=agent, scanner=scanner, location=os.path.join(MEDIA, name), language="en-US")
sections = {section.type: section for section in plex.library.sections()}
assert {kind: section.title for kind, section in sections.items()} == added, sections
movies = sections["movie"]
assert movies.locations == [os.path.join(MEDIA, "Movies")], movies.locations
assert movies.agent == "tv.plex.agents.movie" and movies.scanner == "Plex Movie" and movies.language == "en-US", vars(movies)
assert movies.uuid and movies.key == plex.library.section("Movies").key
assert all(section.allowSync for section in sections.values()), "Kometa takes such a token for one that may only read"
refuses(BadRequest, lambda: plex.library.add("Nowhere", "movie", "a", "s", os.path.join(MEDIA, "Nowhere")))

# A section that is added is scanned by that, and again whenever a client asks for it.
films = until("the films are there", lambda: len(movies.all()) == 4 and movies.all())
assert sorted(film.title for film in films) == ["Alpha", "Beta", "Beta", "Gamma"], films
assert sorted(film.year for film in films) == [1991, 1992, 1992, 1993], films
assert movies.totalSize == 4
for section in sections.values():
    section.update()
movies.update(path=os.path.join(MEDIA, "Movies", "Alpha (1991)"))
shows = until("the show is there", lambda: sections["show"].all())
assert [show.title for show in shows] == ["Delta"], shows
until("the artist is there", lambda: [artist.title for artist in sections["artist"].all()] == ["Epsilon"])

# Editions, versions and extras.
beta, cut = sorted((film for film in films if film.title == "Beta"), key=lambda film: film.editionTitle or "")
assert cut.editionTitle == "Final Cut" and not beta.editionTitle and cut.guid == beta.guid, (vars(cut), vars(beta))
assert [film.ratingKey for film in beta.editions()] == [cut.ratingKey]
assert [film.ratingKey for film in cut.editions()] == [beta.ratingKey]
until("both versions are there", lambda: len(plex.fetchItem(films[-1].ratingKey).media) == 2)
[extra] = until("the trailer is there", lambda: films[0].extras())
assert (extra.type, extra.subtype, extra.title) == ("clip", "trailer", "Teaser"), vars(extra)
assert os.path.isfile(extra.locations[0]) and plex.fetchItem(extra.ratingKey).title == "Teaser"
assert films[1].extras() == []

# One film with its media, part and streams; then its preview, by a task that the client runs.
film = plex.fetchItem(films[0].ratingKey)
part = until("the film's headers are read", lambda: plex.fetchItem(film.ratingKey).media[0].parts[0].streams and film.reload().media[0].parts[0])
assert os.path.isfile(part.file) and part.size == os.path.getsize(part.file), vars(part)
assert film.media[0].videoCodec == "h264" and film.media[0].width == 320, vars(film.media[0])


def is_scanning():
    # It keeps the list that it got first, as it was while the sections were added.
    plex.library._invalidateCachedProperties()
    return any(section.refreshing for section in plex.library.sections())


until("no scan runs", lambda: not is_scanning())
plex.runButlerTask("GenerateMediaIndexFiles")
until("the preview is there", lambda: film.reload().media[0].parts[0].hasPreviewThumbnails)

# Searching and sorting: the client asks first what there is, and refuses itself what the server does not name.
titles = lambda items: [item.title for item in items]  # noqa: E731
for section in sections.values():
    assert section.listFields() and section.listSorts() and section.listFilters(), section
    assert all(section.listOperators(field.type) for field in section.listFields()), section
assert {"title", "year", "addedAt", "duration", "resolution", "unwatched"} <= {field.key for field in movies.listFields()}
assert {"titleSort", "addedAt", "year"} <= {sort.key for sort in movies.listSorts()}
assert [choice.key for choice in movies.listFilterChoices("year")] == ["1991", "1992", "1993"]
assert titles(movies.search(year=1991)) == ["Alpha"]
assert titles(movies.search(year=[1991, 1993])) == ["Alpha", "Gamma"]
assert titles(movies.search(**{"year>>": 1992})) == ["Gamma"]
assert titles(movies.search(sort="year:desc")) == ["Gamma", "Beta", "Beta", "Alpha"]
assert titles(movies.search(title="alph")) == ["Alpha"] and movies.get("Gamma").year == 1993
assert titles(movies.search(resolution=film.media[0].videoResolution, title="Alpha")) == ["Alpha"]
assert titles(movies.search(duplicate=True)) == ["Gamma"]
assert titles(movies.search(filters={"and": [{"or": [{"title": "Alpha"}, {"title": "Gamma"}]}, {"year>>": 1991}]})) == ["Gamma"]
assert len(movies.search(unwatched=True)) == 4 and movies.search(unwatched=False) == []
assert len(movies.search(**{"addedAt>>": "1d"})) == 4 and movies.search(**{"addedAt<<": "1d"}) == []
refuses(NotFound, lambda: movies.search(studio="A24"))
refuses(BadRequest, lambda: plex.fetchItems(f"/library/sections/{movies.key}/all?studio=A24"))
assert titles(plex.library.search(title="Alpha", libtype="movie")) == ["Alpha"]
# Of all kinds: those that have no year are not in the list.
assert "Alpha" in titles(plex.library.search(year=1991))
assert all(item.year == 1991 for item in plex.library.search(year=1991))
for choice in movies.listFilterChoices("unwatched"):
    assert choice.key in ("0", "1") and choice.title
assert titles(movies.recentlyAdded(maxresults=4)) and movies.collections() == []
until("all are listed as new", lambda: {item.type for item in plex.library.recentlyAdded()} == {"movie", "episode", "album", "photo"})

# What stands below: counts, folders, episodes, albums.
[show] = sections["show"].all()
assert (show.childCount, show.leafCount, show.viewedLeafCount) == (1, 1, 0), vars(show)
assert show.locations == [os.path.join(MEDIA, "Shows", "Delta")], show.locations
assert titles(show.episodes()) == ["Pilot"] and show.episode(season=1, episode=1).season().index == 1
assert titles(sections["show"].searchEpisodes(**{"show.title": "Delta"})) == ["Pilot"]
[artist] = sections["artist"].all()
assert titles(artist.albums()) == ["Zeta"] and titles(artist.tracks()) == ["Eta"], artist.albums()
assert artist.locations == [os.path.join(MEDIA, "Music", "Epsilon")], artist.locations

# Keeping house: the client's calls, each a run of the task that does so.
plex.library.optimize()
plex.library.cleanBundles()
plex.library.emptyTrash()
os.remove(os.path.join(MEDIA, "Movies", "Alpha (1991)", "Trailers", "Teaser.mkv"))
movies.update()
until("the trailer is found to be gone", lambda: not is_scanning() and not os.path.exists(extra.locations[0]))
movies.emptyTrash()
until("the trash is empty", lambda: films[0].extras() == [])
assert len(movies.all()) == 4

# Paging, editing, removing.
assert len(movies.search(maxresults=2)) == 2
paged = movies.all(container_size=1)
assert len(paged) == 4 and len({film.ratingKey for film in paged}) == 4, paged
movies.edit(name="Films")
assert plex.library.sectionByID(movies.key) is not None
plex.library._invalidateCachedProperties()
assert plex.library.section("Films").key == movies.key
plex.library.section("Films").delete()
refuses(NotFound, lambda: plex.library.section("Films"))
assert len(plex.library.sections()) == 3
