//! The tree of items that files would become, put together in memory by the same lines and hosts as in the
//! database.

use std::collections::HashMap;
use std::path::PathBuf;

use butler_names::{ExtraKind, sort_title};
use jiff::civil::Date;

use crate::scan::extras::{Host, Hosts};
use crate::scan::location::{Location, Step, Version};
use crate::store::path_from_bytes;
use crate::{ItemId, ItemKind};

/// An item that would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedItem {
    /// What it is.
    pub kind: ItemKind,
    /// Its title.
    pub title: String,
    /// Its year, where its name tells.
    pub year: Option<u16>,
    /// Of a season, episode or track.
    pub number: Option<u32>,
    /// The day on which an episode was shown.
    pub aired: Option<Date>,
    /// Of a film: `Director's Cut`.
    pub edition: Option<String>,
    /// `tmdb://949`.
    pub ids: Vec<String>,
    /// What kind of extra it is, if it is one.
    pub extra: Option<&'static str>,
    /// Its versions with their files.
    pub versions: Vec<CheckedVersion>,
    /// Its seasons, episodes, albums or tracks.
    pub children: Vec<Self>,
    /// Its extras.
    pub extras: Vec<Self>,
}

/// A version of an item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckedVersion {
    /// What tells it from others: `1080p`.
    pub label: Option<String>,
    /// Its files in order, below the folder that was checked; those of a file of several episodes stand at
    /// each.
    pub files: Vec<PathBuf>,
}

#[derive(Debug)]
struct Media {
    version: Version,
    /// Each with its piece.
    files: Vec<(Option<u32>, Vec<u8>)>,
}

#[derive(Debug)]
struct Node {
    step: Step,
    media: Vec<Media>,
    children: Vec<usize>,
    extras: Vec<usize>,
}

/// The tree as it grows.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    by_key: HashMap<(Option<usize>, ItemKind, Vec<u8>), usize>,
    tops: Vec<usize>,
}

impl Tree {
    /// Adds a file at a place below the folder.
    pub(super) fn add(&mut self, line: &Location, path: &[u8]) {
        let (mut above, mut here) = (None, None);
        for step in &line.steps {
            above = here;
            here = Some(self.stand(above, step));
        }
        let further: Vec<_> = line.further.iter().map(|step| self.stand(above, step)).collect();
        for node in here.into_iter().chain(further) {
            self.nodes[node].hold(&line.version, path);
        }
    }

    fn stand(&mut self, parent: Option<usize>, step: &Step) -> usize {
        let key = (parent, step.kind, step.key.clone());
        if let Some(known) = self.by_key.get(&key) {
            let ids = &mut self.nodes[*known].step.ids;
            if ids.is_empty() {
                ids.clone_from(&step.ids);
            }
            return *known;
        }
        let node = self.nodes.len();
        self.nodes.push(Node {
            step: step.clone(),
            media: Vec::new(),
            children: Vec::new(),
            extras: Vec::new(),
        });
        self.by_key.insert(key, node);
        match parent {
            Some(parent) => self.nodes[parent].children.push(node),
            None => self.tops.push(node),
        }
        node
    }

    /// The items at the top, and the files of extras that belong to none of them.
    pub(super) fn finish(mut self) -> (Vec<CheckedItem>, Vec<Vec<u8>>) {
        let (extras, tops): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.tops).into_iter().partition(|node| self.is_extra(*node));
        let hosts = self.hosts();
        let mut waiting = Vec::new();
        for extra in extras {
            match self.owner(extra, &hosts) {
                Some(owner) => self.nodes[owner].extras.push(extra),
                None => waiting.extend(
                    self.nodes[extra]
                        .media
                        .iter()
                        .flat_map(|media| &media.files)
                        .map(|(_, path)| path.clone()),
                ),
            }
        }
        (self.items(&tops), waiting)
    }

    fn is_extra(&self, node: usize) -> bool {
        self.nodes[node].step.kind == ItemKind::Extra
    }

    fn hosts(&self) -> HashMap<Vec<u8>, Hosts> {
        let mut nodes: Vec<_> = (0..self.nodes.len()).filter(|node| !self.is_extra(*node)).collect();
        nodes.sort_by_key(|node| self.nodes[*node].step.edition.is_some());
        let mut hosts: HashMap<_, Hosts> = HashMap::new();
        for node in nodes {
            let step = &self.nodes[node].step;
            if let Some(home) = &step.home {
                let host = Host { item: ItemId(node as i64), kind: step.kind, about: step.about.clone() };
                hosts.entry(home.clone()).or_default().add(host);
            }
        }
        hosts
    }

    fn owner(&self, extra: usize, hosts: &HashMap<Vec<u8>, Hosts>) -> Option<usize> {
        let step = &self.nodes[extra].step;
        let host = hosts.get(step.home.as_ref()?)?.of(step.about.as_deref())?;
        let node = host.item.0 as usize;
        let episode = |key: &Vec<u8>| self.by_key.get(&(Some(node), ItemKind::Episode, key.clone())).copied();
        Some(step.about.as_ref().and_then(episode).unwrap_or(node))
    }

    fn items(&self, nodes: &[usize]) -> Vec<CheckedItem> {
        let mut items: Vec<_> = nodes.iter().map(|node| self.item(&self.nodes[*node])).collect();
        items.sort_by_cached_key(|item| {
            (
                item.extra.is_some_and(|kind| kind != ExtraKind::Trailer.as_str()),
                item.number,
                item.aired,
                sort_title(&item.title).to_lowercase(),
            )
        });
        items
    }

    fn item(&self, node: &Node) -> CheckedItem {
        let Step { kind, title, year, number, aired, edition, ids, extra, .. } = node.step.clone();
        CheckedItem {
            kind,
            title,
            year,
            number,
            aired,
            edition,
            ids,
            extra: extra.map(ExtraKind::as_str),
            versions: node.media.iter().map(Media::checked).collect(),
            children: self.items(&node.children),
            extras: self.items(&node.extras),
        }
    }
}

impl Node {
    fn hold(&mut self, version: &Version, path: &[u8]) {
        let file = (version.piece, path.to_vec());
        let joins = |media: &&mut Media| {
            version.stack.is_some()
                && media.version.stack == version.stack
                && media.files.iter().all(|(piece, _)| *piece != version.piece)
        };
        match self.media.iter_mut().find(joins) {
            Some(media) => media.files.push(file),
            None => self.media.push(Media { version: version.clone(), files: vec![file] }),
        }
    }
}

impl Media {
    fn checked(&self) -> CheckedVersion {
        let mut files = self.files.clone();
        files.sort_by_key(|(piece, _)| *piece);
        CheckedVersion {
            label: self.version.label.clone(),
            files: files.iter().map(|(_, path)| path_from_bytes(path)).collect(),
        }
    }
}
