//! The tables of words that are added to titles. No rules here: `junk.rs` and `added.rs` have them.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Words that no title holds.
pub(super) static HARD: LazyLock<HashSet<&str>> = LazyLock::new(|| HARD_WORDS.iter().copied().collect());
/// Words that titles hold too.
pub(super) static SOFT: LazyLock<HashSet<&str>> = LazyLock::new(|| SOFT_WORDS.iter().copied().collect());

#[rustfmt::skip]
const HARD_WORDS: &[&str] = &[
    "4k", "8k", "uhd", "fhd", "ultrahd", "bluray", "bdrip", "brrip", "webdlrip", "dlrip", "hdlight",
    "bdremux", "uhdremux", "dvdremux", "bdmv", "bd25", "bd50", "bd66", "dvd5", "dvd9", "remux", "webdl",
    "webrip", "webhd", "hdtv", "hdtvrip", "uhdtv", "pdtv", "dsr", "dsrip", "satrip", "dvbrip", "tvrip",
    "hdrip", "dvdrip", "dvdscr", "dvdr", "vhsrip", "hddvd", "hdcam", "camrip", "hdts", "hdtc",
    "dvdscreener", "bdscr", "telesync", "telecine", "ppvrip", "vodrip", "ldrip", "xvid", "divx", "x264",
    "x265", "h264", "h265", "hevc", "avc", "av1", "vc1", "vp8", "vp9", "mpeg2", "mpeg4", "aac", "aac2",
    "ac3", "eac3", "lpcm", "dts", "dtshd", "dtsma", "truehd", "atmos", "flac", "ddp", "ddp2", "ddp5",
    "ddp7", "dd2", "dd5", "hdr", "hdr10", "hdr10plus", "hdr10+", "hlg", "10bit", "8bit", "10bits", "hi10p",
    "hi10", "hsbs", "hou", "remastered", "unrated", "repack", "rerip", "proper", "yify", "rarbg", "yts",
    "amzn", "dsnp", "hmax", "atvp", "pcok", "crunchyroll", "dvdfull", "bdfull", "hd1080", "hd720", "brmux",
    "bdmux", "webmux", "dlmux", "dvdmux", "hdc", "hrhd", "hrhdtv", "svcd", "xvidvd", "dvdivx", "htab",
    "mvc",
];
/// Two words that are one hard one.
#[rustfmt::skip]
pub(super) const HARD_PAIRS: &[(&str, &str)] = &[
    ("blu", "ray"),
    ("web", "dl"),
    ("web", "rip"),
    ("web", "dlrip"),
    ("h", "264"),
    ("h", "265"),
    ("x", "264"),
    ("x", "265"),
    ("bd", "rip"),
    ("dvd", "rip"),
    ("hd", "tv"),
    ("hd", "rip"),
    ("dolby", "vision"),
    ("dolby", "digital"),
    ("dolby", "atmos"),
    ("vc", "1"),
    ("hdr", "10"),
    ("10", "bit"),
    ("e", "ac3"),
    ("mpeg", "2"),
];
#[rustfmt::skip]
const SOFT_WORDS: &[&str] = &[
    "extended", "uncut", "uncensored", "theatrical", "directors", "director's", "director", "cut", "dc",
    "final", "ultimate", "collectors", "collector's", "special", "edition", "anniversary", "criterion",
    "imax", "open", "matte", "fanedit", "redux", "despecialized", "roadshow", "bd", "limited", "internal",
    "real", "read", "nfo", "complete", "festival", "remaster", "restored", "version", "colorized", "convert", "om",
    "hybrid", "web", "dvd", "vhs", "ld", "ntsc", "pal", "multi", "dual", "dl", "ml", "audio", "subbed",
    "dubbed", "sub", "subs", "dub", "ws", "fs", "3d", "sbs", "dv", "sdr", "hd", "sd", "nf", "it", "hulu",
    "stan", "bbc", "german", "french", "truefrench", "vff", "vf", "vostfr", "vost", "subforced", "english",
    "eng", "ita", "italian", "spanish", "esp", "castellano", "latino", "nordic", "swedish", "norwegian",
    "danish", "finnish", "dutch", "flemish", "polish", "pl", "czech", "cz", "hungarian", "hun", "russian",
    "rus", "ukr", "japanese", "jap", "jpn", "korean", "kor", "chinese", "chs", "cht", "hindi", "tamil",
    "telugu", "turkish", "portuguese", "brazilian", "greek", "hebrew", "cam", "ts", "tc", "r5", "screener",
    "scr", "retail", "custom", "sample", "part", "cd1", "cd2", "disc", "remastering", "60fps", "vfq", "vfi",
    "vo", "stv", "nfofix", "dirfix", "se", "hq", "hfr", "48fps", "collector", "édition", "v2", "v3",
    "miniserie", "miniseries", "字", "デ", "解", "多", "再", "双",
];
/// Soft words that say nothing of a release beside other soft words either: `Make It Real`.
pub(super) const WEAK: &[&str] = &["it", "real", "read", "part", "stan", "open", "hulu", "bbc", "nfo"];
/// Words that are soft only in front of `Cut`, `Edition` or `Version`.
#[rustfmt::skip]
pub(super) const EDITIONS: &[&str] = &[
    "alternate", "alternative", "assembly", "deluxe", "diamond", "fan", "gold", "hunter", "imperial", "platinum",
    "rekall", "rogue", "rouge", "signature", "workprint",
];
/// Of the soft words, languages of which a title of several words has none at its end; a title's is
/// `English`.
#[rustfmt::skip]
pub(super) const LANGUAGES: &[&str] = &[
    "german", "french", "italian", "spanish", "castellano", "latino", "nordic", "swedish", "norwegian", "danish",
    "finnish", "dutch", "flemish", "polish", "czech", "hungarian", "russian", "japanese", "korean", "chinese",
    "hindi", "tamil", "telugu", "turkish", "portuguese", "brazilian", "greek", "hebrew",
];
/// Soft words that end a title alone, and not in capitals only, where a year or a hard word follows.
pub(super) const ALONE: &[&str] = &[
    "imax",
    "extended",
    "uncut",
    "uncensored",
    "multi",
    "dubbed",
    "subbed",
    "vostfr",
    "truefrench",
    "subforced",
    "v2",
    "v3",
];
/// Of the soft words, those that a release name in capitals has in front of the hard ones.
pub(super) const TRAILING: &[&str] = &[
    "dl",
    "multi",
    "dual",
    "nf",
    "web",
    "internal",
    "dubbed",
    "subbed",
    "vff",
    "vostfr",
    "truefrench",
    "ws",
    "ml",
];
/// Where releases from the web were taken from: words of a title, unless `WEB` follows.
#[rustfmt::skip]
pub(super) const SERVICES: &[&str] = &[
    "4OD", "ABC", "AE", "AJAZ", "ALL4", "AMBC", "AMC", "AMZN", "ANGEL", "ANLB", "ANPL", "AOL", "ARD", "AS",
    "ATVP", "AUBC", "BCORE", "BET", "BILI", "BNGE", "BRAV", "CBC", "CBS", "CC", "CCGC", "CHGD", "CMAX",
    "CMOR", "CMT", "CN", "CNBC", "CNLP", "COOK", "CORE", "CR", "CRAV", "CRIT", "CRKL", "CSPN", "CTV", "CUR",
    "CW", "CWS", "DCU", "DDY", "DEST", "DF", "DHF", "DISC", "DIY", "DOCC", "DPLY", "DRPO", "DSCP", "DSKI",
    "DSNP", "DSNY", "EPIX", "ESPN", "ESQ", "ETTV", "ETV", "FAM", "FJR", "FOOD", "FOX", "FPT", "FREE", "FTV",
    "FUNI", "FXTL", "FYI", "GC", "GLBL", "GLOB", "GPLAY", "HBO", "HGTV", "HIDI", "HIST", "HLMK", "HMAX",
    "HTSR", "HULU", "ID", "IFC", "IP", "IQ", "IT", "ITV", "ITVX", "JC", "KNOW", "LIFE", "MA", "MAX", "MBC",
    "MBCVOD", "MNBC", "MTOD", "MTV", "MUBI", "MY5", "NATG", "NBA", "NBC", "NBLA", "NF", "NFL", "NFLN",
    "NICK", "NOOV", "NOW", "NRK", "ODK", "PBS", "PBSK", "PCOK", "PLAY", "PLTV", "PLUZ", "PMTP", "POGO",
    "PSN", "PUHU", "QIBI", "RED", "RKTN", "ROKU", "RSTR", "RTE", "SBS", "SESO", "SHMI", "SHO", "SKST",
    "SNET", "SPIK", "SPKE", "SPRT", "STAN", "STRP", "STZ", "SVT", "SWER", "SYFY", "TBS", "TEN", "TFOU",
    "TK", "TLC", "TUBI", "TV3", "TV4", "TVING", "TVL", "TVNZ", "UFC", "UKTV", "UNIV", "USAN", "VH1", "VIAP",
    "VICE", "VIKI", "VIU", "VLCT", "VMEO", "VRV", "VUDU", "WAVVE", "WME", "WNET", "WWEN", "XBOX", "YHOO",
    "YK", "YLE", "YT", "ZDF", "ZEE5",
];
