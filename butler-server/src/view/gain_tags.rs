//! Gain tags in music files as they are shown: what a step came to, and what was written.

use butler_api::v1::{GainTag, TaggedFile, TagsStep, WrittenFile, WrittenTags};
use butler_engine::{Became, FileTags, TagsAsk, TagsError, TagsWay};
use butler_library::{SectionId, SectionKind};
use butler_product::gain_tags::GainTag as Tag;

use crate::app::App;
use crate::error::Problem;

/// Files of one page.
const PAGE: u32 = 500;

/// Does the next step of writing a section's tags or of taking them back, or shows it. Who takes them back
/// wants no more of them: the section's setting is off from then on.
pub(crate) async fn step(app: &App, ask: TagsAsk) -> Result<TagsStep, Problem> {
    let switch = app
        .handle
        .tags_switch()
        .ok_or_else(|| Problem::not_found("This server has no task that writes tags into music files."))?;
    if ask.way == TagsWay::Undo {
        let TagsAsk { section, is_dry, after, .. } = ask;
        app.library(move |library| {
            let kind = library.section(section)?.map(|section| section.kind);
            let is_known = kind.is_some();
            if kind.is_some_and(|kind| kind != SectionKind::Artist) {
                return Err(Problem::from(TagsError::NoMusic(section)));
            }
            if !is_known && library.written_gain_tags(section, 0, 1)?.total == 0 && after == 0 {
                return Err(Problem::from(TagsError::NoSection(section)));
            }
            if is_known && !is_dry {
                library.set_section_switches(section, vec![(switch.id.to_owned(), false)])?;
            }
            Ok(())
        })
        .await?;
    }
    let (tags, clock) = (app.handle.tags().clone(), app.clock.clone());
    let step = app.blocking(move || tags.step(ask, switch, &|| clock.now(), &|| true)).await??;
    Ok(TagsStep { files: step.files.into_iter().map(file).collect(), same: step.same, next: step.next })
}

/// The files of a section whose tags were written, behind a row.
pub(crate) async fn written(app: &App, section: SectionId, after: i64) -> Result<WrittenTags, Problem> {
    let switch = app.handle.tags_switch();
    app.library(move |library| {
        let page = library.written_gain_tags(section, after, PAGE)?;
        let is_known = library.section(section)?.is_some();
        if !is_known && page.total == 0 {
            return Err(Problem::from(TagsError::NoSection(section)));
        }
        let set = library.section_switches(section)?;
        let next = page.rows.last().filter(|_| page.rows.len() == PAGE as usize).map(|row| row.id);
        let files = page.rows.into_iter().map(|row| WrittenFile {
            file: row.place.path.display().to_string(),
            old: tags(row.old),
            new: tags(row.new),
            written_at: row.written_at,
        });
        Ok(WrittenTags {
            enabled: is_known && switch.is_some_and(|switch| switch.is_on(&set)),
            files: files.collect(),
            total: page.total,
            next,
        })
    })
    .await
}

fn file(FileTags { path, bytes, old, new, became }: FileTags) -> TaggedFile {
    let (outcome, why) = match became {
        Became::Written => ("written", None),
        Became::WouldBe => ("would_be_written", None),
        Became::Same => ("same", None),
        Became::Left(why) => ("left_alone", Some(why)),
    };
    TaggedFile {
        file: path.display().to_string(),
        outcome: outcome.to_owned(),
        bytes,
        old: tags(old),
        new: tags(new),
        why,
    }
}

fn tags(tags: Vec<Tag>) -> Vec<GainTag> {
    tags.into_iter().map(|Tag { name, value }| GainTag { name, value }).collect()
}

impl From<TagsError> for Problem {
    fn from(error: TagsError) -> Self {
        let sentence = crate::error::sentence(&error);
        match error {
            TagsError::NoSection(_) => Self::not_found(sentence),
            TagsError::NoMusic(_) | TagsError::SwitchedOff { .. } => Self::conflict(sentence),
            TagsError::Store(error) => error.into(),
        }
    }
}
