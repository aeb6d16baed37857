//! `butler items`: what the library holds, or the files that lack a product.

use butler_client::{Client, Directory, ItemFile, Metadata, Part};
use butler_product::ProductKind;
use clap::Args;
use clap_complete::ArgValueCandidates;
use serde::Serialize;

use crate::candidates;
use crate::cli::{at_least_one, number};
use crate::exit::Exit;
use crate::print::error::{Trouble, not_there};
use crate::print::table::{Column, Listing};
use crate::print::words::{bytes, count, file_name};
use crate::print::{Out, json, product};

/// Rows in a table, unless told otherwise.
const TABLE_ROWS: usize = 50;
/// Rows asked for at once.
const PAGE: u32 = 500;
/// Files that are asked for at a time: as many as a server gives.
const MOST_FILES: u32 = 10_000;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Only this section, by its id [default: all of them]
    #[arg(value_name = "SECTION", value_parser = number::<i64>("`butler sections list` lists the sections"),
        add = ArgValueCandidates::new(candidates::sections))]
    section: Option<i64>,

    #[arg(long, value_name = "PRODUCT", help = format!("The files that lack this product: {}", product::kinds()))]
    lacking: Option<ProductKind>,

    /// List at most so many [default: 50; with --json all]
    #[arg(long, value_name = "NUMBER", value_parser = at_least_one)]
    limit: Option<usize>,
}

/// An item for programs, in Butler's own words rather than Plex's.
#[derive(Serialize)]
struct Item {
    id: i64,
    #[serde(rename = "type")]
    kind: String,
    title: String,
    year: Option<i64>,
    section: i64,
    files: Vec<String>,
    /// Those of them that scans do not find any more.
    missing: Vec<String>,
    /// Seasons, albums, episodes or tracks right below it.
    children: u64,
}

impl Item {
    fn new(item: Metadata, section: i64) -> Self {
        let title = match &item.edition_title {
            Some(edition) => format!("{}, {edition}", item.title),
            None => item.title,
        };
        let parts: Vec<Part> = item.media.into_iter().flat_map(|media| media.parts).collect();
        let missing =
            parts.iter().filter(|part| part.deleted_at.is_some()).map(|part| part.file.clone()).collect();
        let files = parts.into_iter().map(|part| part.file).collect();
        let id = item.rating_key.parse().unwrap_or_default();
        Self {
            id,
            kind: item.kind,
            title,
            year: item.year,
            section,
            files,
            missing,
            children: item.child_count.unwrap_or(0),
        }
    }
}

pub(crate) async fn run(client: &Client, arguments: Arguments, out: Out) -> Result<Exit, Trouble> {
    let limit = arguments.limit.unwrap_or(if out.json { usize::MAX } else { TABLE_ROWS });
    match arguments.lacking {
        Some(kind) => lacking(client, kind, arguments.section, limit, out).await,
        None => all(client, arguments.section, limit, out).await,
    }
}

async fn all(client: &Client, only: Option<i64>, limit: usize, out: Out) -> Result<Exit, Trouble> {
    let sections: Vec<Directory> = client.sections().await?;
    let ids = sections
        .iter()
        .filter_map(|section| section.key.parse::<i64>().ok())
        .filter(|id| only.is_none_or(|only| only == *id));
    let ids: Vec<i64> = ids.collect();
    if let (Some(id), []) = (only, ids.as_slice()) {
        return Err(unknown_section(id));
    }
    let (mut items, mut printed) = (Vec::new(), json::List::default());
    let (mut left, mut total) = (limit, 0);
    for id in ids {
        let mut start = 0;
        loop {
            let (page, of_section) = client.items(id, start, PAGE).await?;
            let is_last = page.is_empty() || start + page.len() as u64 >= of_section;
            start += page.len() as u64;
            let page: Vec<Item> = page.into_iter().take(left).map(|item| Item::new(item, id)).collect();
            left -= page.len();
            match out.json {
                true => printed.add(page)?,
                false => items.extend(page),
            }
            if is_last || left == 0 {
                total += of_section;
                break;
            }
        }
    }
    if out.json {
        printed.end()?;
        return Ok(Exit::Done);
    }
    if items.is_empty() {
        out.remark("There is nothing yet. `butler sections add` names folders and has them scanned.");
        return Ok(Exit::Done);
    }
    let columns = [
        Column::new("ITEM").number(),
        Column::new("TYPE"),
        Column::new("TITLE").flexible(),
        Column::new("YEAR").number().spare(2),
        Column::new("SECTION").number().spare(3),
        Column::new("HOLDS").flexible().spare(1),
    ];
    let mut listing = Listing::new(columns);
    let shown = items.len() as u64;
    for item in items {
        let holds = holds(&item);
        listing.row([
            item.id.to_string().into(),
            item.kind.into(),
            item.title.into(),
            item.year.map(|year| year.to_string()).unwrap_or_default().into(),
            item.section.to_string().into(),
            holds.into(),
        ]);
    }
    listing.without_empty_columns().print(out)?;
    if total > shown {
        out.remark(format!(
            "{shown} of {total}; --limit shows more, `butler show ITEM` what is below a show or artist."
        ));
    }
    Ok(Exit::Done)
}

/// Its one file's name, or how many there are of what; and that they are missing.
fn holds(item: &Item) -> String {
    let below = match item.kind.as_str() {
        "show" => "season",
        "artist" => "album",
        _ => "part",
    };
    match item.files.as_slice() {
        [] if item.children > 0 => count(item.children, below),
        [] => String::new(),
        [one] if item.missing.is_empty() => file_name(one).to_owned(),
        [one] => format!("{} (missing)", file_name(one)),
        several if item.missing.is_empty() => count(several.len() as u64, "file"),
        several => format!("{}, {} missing", count(several.len() as u64, "file"), item.missing.len()),
    }
}

async fn lacking(
    client: &Client,
    kind: ProductKind,
    section: Option<i64>,
    limit: usize,
    out: Out,
) -> Result<Exit, Trouble> {
    let (mut files, mut printed): (Vec<ItemFile>, _) = (Vec::new(), json::List::default());
    let (mut left, mut total, mut after) = (limit, 0, None);
    while left > 0 {
        let wanted = u32::try_from(left).unwrap_or(u32::MAX).min(MOST_FILES);
        let page =
            client.files_lacking(kind.as_str(), section, after, wanted).await.map_err(
                |error| match section.filter(|_| after.is_none()) {
                    Some(id) => not_there(error, || unknown_section(id)),
                    None => error.into(),
                },
            )?;
        total = page.total.unwrap_or(total);
        let is_last = page.files.len() < wanted as usize;
        (left, after) = (left.saturating_sub(page.files.len()), page.files.last().map(|file| file.part));
        match out.json {
            true => printed.add(page.files)?,
            false => files.extend(page.files),
        }
        if is_last {
            break;
        }
    }
    if out.json {
        printed.end()?;
        return Ok(Exit::Done);
    }
    if files.is_empty() {
        out.remark(format!("No file lacks {kind}."));
        return Ok(Exit::Done);
    }
    let columns = [
        Column::new("ITEM").number(),
        Column::new("TYPE").spare(2),
        Column::new("TITLE").flexible(),
        Column::new("SIZE").number().spare(3),
        Column::new("FILE").flexible().spare(1),
    ];
    let mut listing = Listing::new(columns);
    let shown = files.len() as u64;
    for file in files {
        let name = file_name(&file.file).to_owned();
        listing.row([
            file.item.to_string().into(),
            file.kind.into(),
            file.title.into(),
            bytes(file.bytes).into(),
            name.into(),
        ]);
    }
    listing.print(out)?;
    if total > shown {
        out.remark(format!("{shown} of {total}; --limit shows more."));
    }
    out.remark("`butler show ITEM` says when the rest comes, or why it does not.");
    Ok(Exit::Done)
}

fn unknown_section(id: i64) -> Trouble {
    Trouble::new(Exit::NotThere, format!("There is no section {id}."))
        .hint("`butler sections list` lists the sections.")
}
