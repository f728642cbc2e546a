//! The definitions that several tools of a server have in common, printed once: `/servers/<server>/types.ts`.
//!
//! Two definitions are the same when they have the same name, say the same, and refer to what is the same in turn.
//! That is the coarsest partition in which equal definitions have equal references, and it is found by refining:
//! first by what each says itself, then by the classes of what it refers to, until no class is divided any more.
//! Whatever a shared definition refers to is therefore shared by the same tools.

use crate::names::claim_type;
use crate::schema::{self, Declaration, Declarations};
use crate::tool::{FILE_BOUNDS, Tool};
use std::collections::{BTreeSet, HashMap};

/// Most schemas of one server that are compared, all tools together; the definitions of later tools stay in their
/// own files. The largest real server with definitions, Microsoft 365, has 16,000.
const MAX_NODES: usize = 500_000;

/// The definitions that several tools have in common.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Their references are places in this list.
    list: Vec<Declaration>,
    /// For each tool that has any, by its identifier: which of its own declarations they are.
    places: HashMap<String, Vec<Option<usize>>>,
}

/// A declaration of one tool.
struct Node<'t> {
    tool: &'t Tool,
    /// Its references are all 0.
    declaration: Declaration,
    /// The nodes that it refers to, in order.
    refers_to: Vec<usize>,
}

impl Shared {
    /// What `tools`, all of one server, have in common. The same for any order of them.
    pub(crate) fn of(tools: &[Tool]) -> Self {
        let nodes = nodes(tools);
        let classes = refined(&nodes);
        let mut members: HashMap<usize, Vec<&Node<'_>>> = HashMap::new();
        for (node, class) in nodes.iter().zip(&classes) {
            members.entry(*class).or_default().push(node);
        }
        let mut chosen: Vec<(&str, &str, usize, &Node<'_>)> = members
            .into_iter()
            .filter_map(|(class, of)| {
                let users: BTreeSet<&str> = of.iter().map(|node| node.tool.name.as_str()).collect();
                let (first, node) = (*users.first()?, *of.first()?);
                (users.len() > 1).then_some((node.declaration.name.as_str(), first, class, node))
            })
            .collect();
        // One tool never has two of one name, so this order is of names alone.
        chosen.sort_by_key(|(name, first, ..)| (*name, *first));
        let place_of: HashMap<usize, usize> =
            chosen.iter().enumerate().map(|(place, (_, _, class, _))| (*class, place)).collect();
        let mut taken = BTreeSet::new();
        let list = chosen.iter().map(|(name, _, _, node)| {
            let mut declaration = node.declaration.clone();
            declaration.name = claim_type(name, &mut taken);
            let mut targets = node.refers_to.iter();
            let place = |target: &usize| classes.get(*target).and_then(|class| place_of.get(class));
            declaration.of.each_reference(&mut |reference| {
                *reference = targets.next().and_then(place).copied().unwrap_or(usize::MAX);
            });
            declaration
        });
        let list: Vec<Declaration> = list.collect();
        let mut places: HashMap<String, Vec<Option<usize>>> = HashMap::new();
        for (node, class) in nodes.iter().zip(&classes) {
            places.entry(node.tool.identifier.clone()).or_default().push(place_of.get(class).copied());
        }
        Self { list, places }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The name that the `own`th declaration of a tool has here, if it is here.
    pub(crate) fn name(&self, tool: &Tool, own: usize) -> Option<&str> {
        let place = (*self.places.get(&tool.identifier)?.get(own)?)?;
        self.list.get(place).map(|declaration| declaration.name.as_str())
    }

    /// The text of all of them.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for declaration in &self.list {
            let mut one = String::from("\n");
            schema::declaration(&mut one, declaration, &self.list);
            text.push_str(&one);
        }
        text
    }
}

/// The declarations of all tools, as far as they are compared.
fn nodes(tools: &[Tool]) -> Vec<Node<'_>> {
    let (mut nodes, mut left) = (Vec::new(), MAX_NODES);
    let mut ordered: Vec<&Tool> = tools.iter().filter(|tool| tool.has_references()).collect();
    ordered.sort_by_key(|tool| &tool.name);
    for tool in ordered {
        let mut declarations = Declarations::default();
        tool.reserve_own(&mut declarations);
        tool.schemas().lower(FILE_BOUNDS, &mut declarations);
        let Some(rest) = left.checked_sub(declarations.nodes) else { break };
        left = rest;
        let first = nodes.len();
        nodes.extend(declarations.list.into_iter().map(|mut declaration| {
            let mut refers_to = Vec::new();
            declaration.of.each_reference(&mut |reference| {
                refers_to.push(first + *reference);
                *reference = 0;
            });
            Node { tool, declaration, refers_to }
        }));
    }
    nodes
}

/// The class of each node.
fn refined(nodes: &[Node<'_>]) -> Vec<usize> {
    let mut known = HashMap::new();
    let mut classes: Vec<usize> = nodes.iter().map(|node| number(&mut known, &node.declaration)).collect();
    let mut count = known.len();
    loop {
        let class = |node: &usize| classes.get(*node).copied();
        let mut known = HashMap::new();
        let refine = |(own, node): (&usize, &Node<'_>)| {
            let targets: Vec<_> = node.refers_to.iter().map(class).collect();
            number(&mut known, (*own, targets))
        };
        let finer: Vec<usize> = classes.iter().zip(nodes).map(refine).collect();
        let (before, now) = (count, known.len());
        (classes, count) = (finer, now);
        if now == before {
            return classes;
        }
    }
}

fn number<K: std::hash::Hash + Eq>(known: &mut HashMap<K, usize>, key: K) -> usize {
    let next = known.len();
    *known.entry(key).or_insert(next)
}
