//! What is asked of a search and what it answers. The answer is written for a model.

use super::index::Place;
use crate::server::Server;
use crate::{Catalog, Tool, offers};
use serde::{Deserialize, Serialize};

/// Results of one answer where the request does not say.
const DEFAULT_LIMIT: usize = 10;
/// Most results of one answer.
const MAX_LIMIT: usize = 50;
/// Bytes of one answer after which no further result is added: about 9,000 tokens.
const MAX_ANSWER_BYTES: usize = 36_000;
/// Bytes of one result's types; the whole text is in its file.
const MAX_TYPES_BYTES: usize = 30_000;
/// Most servers that an empty query lists.
const MAX_SERVERS: usize = 200;

/// A search.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchRequest {
    /// Words. None at all lists the servers, or with [`SearchRequest::server`] that server's tools.
    #[serde(default)]
    pub query: String,
    /// Only this server's tools; either name.
    pub server: Option<String>,
    /// How much of each tool.
    #[serde(default)]
    pub detail: Detail,
    /// Results in the answer: 10 where not given, 50 at most.
    pub limit: Option<usize>,
    /// [`SearchAnswer::cursor`] of the answer before, with the same query.
    pub cursor: Option<String>,
}

/// How much of each tool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Detail {
    /// Names only.
    Names,
    /// One signature and a sentence.
    #[default]
    Signatures,
    /// The whole file of the tool.
    Full,
}

/// What was found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SearchAnswer {
    /// Tools, best first.
    pub results: Vec<SearchHit>,
    /// Servers, where the query was empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<ServerHit>,
    /// How many tools (or servers) there are to be seen in all.
    pub total: usize,
    /// Whether that was all.
    pub coverage: Coverage,
    /// For the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Calls that may be meant, where nothing was found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub did_you_mean: Vec<String>,
    /// What was wrong with the request, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Servers whose tools could not be searched.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unavailable: Vec<Unavailable>,
}

/// Whether an answer, with the pages before it, is all there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Coverage {
    /// It is.
    #[default]
    Complete,
    /// So many were shown, this page included.
    Partial {
        /// Shown so far.
        shown: usize,
        /// There are.
        total: usize,
    },
}

impl std::fmt::Display for Coverage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Complete => f.write_str("COMPLETE"),
            Self::Partial { shown, total } => write!(f, "PARTIAL {shown} of {total}"),
        }
    }
}

impl Serialize for Coverage {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One tool.
#[derive(Debug, Clone, Serialize)]
pub struct SearchHit {
    /// The server's original name.
    pub server: String,
    /// The tool's original name.
    pub tool: String,
    /// How a program reaches it: `tools.shop.getOrder`.
    pub call: String,
    /// For [`Detail::Signatures`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// The first sentence, for [`Detail::Signatures`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The tool's file, for [`Detail::Full`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub types: Option<String>,
}

/// One server.
#[derive(Debug, Clone, Serialize)]
pub struct ServerHit {
    /// Its original name.
    pub server: String,
    /// How a program reaches it: `tools.shop`.
    pub call: String,
    /// How many tools it has.
    pub tools: usize,
    /// What it has besides tools: its `README.md` says how to ask for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub also: Option<&'static str>,
    /// What was left out of its listing, where anything was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<String>,
}

/// A server whose tools are not there.
#[derive(Debug, Clone, Serialize)]
pub struct Unavailable {
    /// Its original name.
    pub server: String,
    /// Why.
    pub error: String,
}

/// For a person: one tool a line, its sentence below.
impl std::fmt::Display for SearchAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for server in &self.servers {
            let also = server.also.map(|also| format!(", {also}")).unwrap_or_default();
            writeln!(f, "{} ({}): {} tools{also}", server.call, server.server, server.tools)?;
            if let Some(lost) = &server.lost {
                writeln!(f, "    {lost}")?;
            }
        }
        for hit in &self.results {
            let call = hit.call.rsplit_once('.').map_or(hit.call.as_str(), |(server, _)| server);
            match (&hit.types, &hit.signature) {
                (Some(types), _) => writeln!(f, "{types}")?,
                (None, Some(signature)) => writeln!(f, "{call}.{signature}")?,
                (None, None) => writeln!(f, "{}", hit.call)?,
            }
            if let Some(description) = &hit.description {
                writeln!(f, "    {description}")?;
            }
        }
        for failed in &self.unavailable {
            writeln!(f, "Not available: {}: {}", failed.server, failed.error)?;
        }
        if !self.did_you_mean.is_empty() {
            writeln!(f, "Nothing found. Did you mean {}?", self.did_you_mean.join(", "))?;
        }
        if let Some(note) = &self.note {
            writeln!(f, "{note}")?;
        }
        write!(f, "{}", self.coverage)
    }
}

impl Catalog {
    /// Finds tools by words. The same request gives the same answer.
    #[must_use]
    pub fn search(&self, request: &SearchRequest) -> SearchAnswer {
        let mut answer = SearchAnswer { unavailable: self.unavailable(), ..SearchAnswer::default() };
        let only = match request.server.as_deref().filter(|name| !name.is_empty()) {
            None => None,
            Some(name) => match self.server_in_words(name) {
                Some(server) => Some(server),
                None => {
                    answer.note = Some(self.unknown_server(name));
                    return answer;
                }
            },
        };
        let found = match (request.query.trim(), only) {
            ("", None) => {
                self.list_servers(&mut answer);
                return answer;
            }
            ("", Some(server)) => self.tools_by_name(server),
            (query, only) => self.ranked(query, only),
        };
        if found.is_empty() {
            answer.did_you_mean = self.meant(request.query.trim(), only);
        }
        self.page(&found, request, &mut answer);
        answer
    }

    fn unavailable(&self) -> Vec<Unavailable> {
        let failed = |server: &Server| {
            Some(Unavailable { server: server.name.clone(), error: server.failed.clone()? })
        };
        self.servers.iter().filter_map(failed).collect()
    }

    /// By either name, in any case.
    fn server_in_words(&self, name: &str) -> Option<usize> {
        let exact = self.servers.iter().position(|server| server.name == name || server.identifier == name);
        let folded = |server: &Server| {
            server.name.eq_ignore_ascii_case(name) || server.identifier.eq_ignore_ascii_case(name)
        };
        exact.or_else(|| self.servers.iter().position(folded))
    }

    fn list_servers(&self, answer: &mut SearchAnswer) {
        let available = || self.servers.iter().filter(|server| server.failed.is_none());
        let hit = |server: &Server| ServerHit {
            server: server.name.clone(),
            call: format!("tools.{}", server.identifier),
            tools: server.tools.len(),
            also: offers::listed(server.offers),
            lost: server.lost_in_short(),
        };
        answer.servers = available().take(MAX_SERVERS).map(hit).collect();
        answer.total = available().count();
        if answer.total > answer.servers.len() {
            answer.coverage = Coverage::Partial { shown: answer.servers.len(), total: answer.total };
        }
    }

    fn tools_by_name(&self, at: usize) -> Vec<Place> {
        let tools = self.servers.get(at).map_or(&[][..], |server| &server.tools);
        let mut places: Vec<Place> = (0..tools.len()).map(|tool| (at, tool)).collect();
        places.sort_by_key(|(_, tool)| tools.get(*tool).map(|tool| &tool.name));
        places
    }

    fn ranked(&self, query: &str, only: Option<usize>) -> Vec<Place> {
        let mut ranked = self.index.rank(query);
        ranked.retain(|(server, _)| only.is_none_or(|only| only == *server));
        ranked
    }

    /// Tools found by the nearest words there are, or whose names are near.
    fn meant(&self, query: &str, only: Option<usize>) -> Vec<String> {
        let corrected =
            self.index.corrected(query).map(|query| self.ranked(&query, only)).unwrap_or_default();
        corrected
            .into_iter()
            .take(5)
            .filter_map(|place| self.at(place))
            .map(|(server, tool)| call(server, tool))
            .collect()
    }

    fn at(&self, (server, tool): Place) -> Option<(&Server, &Tool)> {
        let server = self.servers.get(server)?;
        Some((server, server.tools.get(tool)?))
    }

    fn page(&self, found: &[Place], request: &SearchRequest, answer: &mut SearchAnswer) {
        let mark = fingerprint(request, found.len());
        let start = match request.cursor.as_deref().map(|cursor| offset_in(cursor, &mark)) {
            None => 0,
            Some(Some(offset)) => offset,
            Some(None) => {
                answer.note = Some("That cursor belongs to another query; this is the first page.".into());
                0
            }
        };
        let limit = request.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
        let mut bytes = 0;
        for place in found.iter().skip(start).take(limit) {
            let Some((server, tool)) = self.at(*place) else { continue };
            let hit = hit(server, tool, request.detail);
            bytes += size(&hit);
            if bytes > MAX_ANSWER_BYTES && !answer.results.is_empty() {
                break;
            }
            answer.results.push(hit);
        }
        let shown = start.min(found.len()) + answer.results.len();
        answer.total = found.len();
        if shown < found.len() {
            answer.coverage = Coverage::Partial { shown, total: found.len() };
            answer.cursor = Some(format!("{shown}.{mark}"));
        }
    }
}

fn call(server: &Server, tool: &Tool) -> String {
    format!("tools.{}.{}", server.identifier, tool.identifier)
}

fn hit(server: &Server, tool: &Tool, detail: Detail) -> SearchHit {
    let brief = detail == Detail::Signatures;
    SearchHit {
        server: server.name.clone(),
        tool: tool.name.clone(),
        call: call(server, tool),
        signature: brief.then(|| tool.signature().to_owned()),
        description: Some(tool.summary()).filter(|summary| brief && !summary.is_empty()),
        types: (detail == Detail::Full).then(|| types(server, tool)),
    }
}

/// The tool's file, cut at a line where it is too long for an answer.
fn types(server: &Server, tool: &Tool) -> String {
    let text = tool.file(&server.name, &server.identifier);
    if text.len() <= MAX_TYPES_BYTES {
        return text;
    }
    let mut kept = String::new();
    for line in text.lines().take_while(|line| line.len() < MAX_TYPES_BYTES) {
        if kept.len() + line.len() > MAX_TYPES_BYTES {
            break;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    let path = format!("/servers/{}/{}.ts", server.identifier, tool.identifier);
    format!("{kept}// Cut here: {} of {} bytes. A program can read all of {path}.\n", kept.len(), text.len())
}

fn size(hit: &SearchHit) -> usize {
    let optional = [&hit.signature, &hit.description, &hit.types];
    let words: usize = optional.iter().filter_map(|text| text.as_ref().map(String::len)).sum();
    hit.server.len() + hit.tool.len() + hit.call.len() + words + 64
}

/// What a cursor is bound to: FNV-1a of the request and the number of results.
fn fingerprint(request: &SearchRequest, total: usize) -> String {
    let server = request.server.as_deref().unwrap_or_default();
    let bytes = request.query.bytes().chain([0]).chain(server.bytes()).chain(total.to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{:08x}", hash >> 32)
}

fn offset_in(cursor: &str, mark: &str) -> Option<usize> {
    let (offset, bound_to) = cursor.split_once('.')?;
    offset.parse().ok().filter(|_| bound_to == mark)
}

#[cfg(test)]
mod tests {
    use super::Coverage;

    #[test]
    fn coverage_is_said_in_words() {
        assert_eq!(serde_json::json!(Coverage::Partial { shown: 3, total: 9 }), "PARTIAL 3 of 9");
        assert_eq!(serde_json::json!(Coverage::Complete), "COMPLETE");
    }
}
