//! Nodes of the trie: shared between versions, copied when changed.

use std::sync::{Arc, OnceLock};

use super::{PATH_BITS, Path};
use crate::crypto::hash::{Domain, Hash};
use crate::crypto::{leaf_of, node_of};

/// A subtree.
#[derive(Clone, Debug, Default)]
pub(super) enum Node {
    #[default]
    Empty,
    Leaf(Arc<Leaf>),
    Branch(Arc<Branch>),
}

/// An entry.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) path: Path,
    pub(super) value: Arc<[u8]>,
    hash: OnceLock<Hash>,
}

/// Two subtrees with at least two entries in all.
#[derive(Clone, Debug, Default)]
pub(super) struct Branch {
    left: Node,
    right: Node,
    hash: OnceLock<Hash>,
}

impl Leaf {
    pub(super) fn new(path: Path, value: Arc<[u8]>) -> Self {
        Self {
            path,
            value,
            hash: OnceLock::new(),
        }
    }

    pub(super) fn value_hash(&self) -> Hash {
        Hash::of(Domain::StateValue, &[&self.value])
    }
}

impl Branch {
    fn child(&self, right: bool) -> &Node {
        if right { &self.right } else { &self.left }
    }

    fn child_mut(&mut self, right: bool) -> &mut Node {
        if right { &mut self.right } else { &mut self.left }
    }

    /// The branch if nobody else holds it, or a copy, with its hash forgotten.
    fn to_change(shared: &mut Arc<Self>) -> &mut Self {
        if Arc::get_mut(shared).is_none() {
            let copy = Self {
                left: shared.left.clone(),
                right: shared.right.clone(),
                hash: OnceLock::new(),
            };
            *shared = Arc::new(copy);
        }
        let branch = Arc::make_mut(shared);
        branch.hash = OnceLock::new();
        branch
    }

    /// What stands here if one side is a single leaf and the other empty.
    fn collapsed(&self) -> Option<Node> {
        match (&self.left, &self.right) {
            (Node::Empty, Node::Leaf(leaf)) | (Node::Leaf(leaf), Node::Empty) => {
                Some(Node::Leaf(leaf.clone()))
            }
            _ => None,
        }
    }
}

impl Node {
    pub(super) fn hash(&self) -> Hash {
        match self {
            Self::Empty => Hash::ZERO,
            Self::Leaf(leaf) => *leaf
                .hash
                .get_or_init(|| leaf_of(&leaf.path.0, &leaf.value_hash())),
            Self::Branch(branch) => *branch
                .hash
                .get_or_init(|| node_of(&branch.left.hash(), &branch.right.hash())),
        }
    }

    /// Goes down along `path` to where its leaf is or would be, telling the siblings met from the top.
    pub(super) fn walk<'a>(&'a self, path: &Path, mut met: impl FnMut(&'a Node)) -> &'a Node {
        let mut node = self;
        let mut depth = 0;
        while let Self::Branch(branch) = node {
            let right = path.bit(depth);
            met(branch.child(!right));
            node = branch.child(right);
            depth += 1;
        }
        node
    }

    pub(super) fn find(&self, path: &Path) -> Option<&Leaf> {
        match self.walk(path, |_| ()) {
            Self::Leaf(leaf) if leaf.path == *path => Some(leaf),
            _ => None,
        }
    }

    /// The smallest subtree that holds everything under `prefix`.
    pub(super) fn descend(&self, prefix: &[u8]) -> &Node {
        let mut node = self;
        let bits = prefix
            .iter()
            .flat_map(|byte| (0..8).map(move |bit| byte >> (7 - bit) & 1 == 1));
        for right in bits.take(PATH_BITS) {
            let Self::Branch(branch) = node else { break };
            node = branch.child(right);
        }
        node
    }

    /// Puts a leaf into this subtree, whose top is at `depth`; the value that it replaces.
    pub(super) fn insert(&mut self, depth: usize, leaf: Leaf) -> Option<Arc<[u8]>> {
        match self {
            Self::Empty => {
                *self = Self::Leaf(Arc::new(leaf));
                None
            }
            Self::Leaf(old) if old.path == leaf.path => {
                let old_value = old.value.clone();
                *self = Self::Leaf(Arc::new(leaf));
                Some(old_value)
            }
            Self::Leaf(old) => {
                *self = Self::fork(depth, old.clone(), Arc::new(leaf));
                None
            }
            Self::Branch(branch) => {
                let right = leaf.path.bit(depth);
                Branch::to_change(branch).child_mut(right).insert(depth + 1, leaf)
            }
        }
    }

    /// The subtree of two leaves with different paths that agree in their first `depth` bits: a chain of branches down
    /// to the first bit in which they differ.
    fn fork(depth: usize, old: Arc<Leaf>, new: Arc<Leaf>) -> Self {
        let fork_depth = old.path.common_bits(&new.path);
        let path = new.path;
        let mut bottom = Branch::default();
        *bottom.child_mut(path.bit(fork_depth)) = Self::Leaf(new);
        *bottom.child_mut(!path.bit(fork_depth)) = Self::Leaf(old);
        (depth..fork_depth)
            .rev()
            .fold(Self::Branch(Arc::new(bottom)), |below, level| {
                let mut link = Branch::default();
                *link.child_mut(path.bit(level)) = below;
                Self::Branch(Arc::new(link))
            })
    }

    /// Takes the leaf at `path` out of this subtree, whose top is at `depth`; its value.
    pub(super) fn remove(&mut self, depth: usize, path: &Path) -> Option<Arc<[u8]>> {
        match self {
            Self::Empty => None,
            Self::Leaf(leaf) => {
                let old_value = (leaf.path == *path).then(|| leaf.value.clone())?;
                *self = Self::Empty;
                Some(old_value)
            }
            Self::Branch(branch) => {
                let changed = Branch::to_change(branch);
                let old_value = changed.child_mut(path.bit(depth)).remove(depth + 1, path);
                if let Some(leaf) = changed.collapsed() {
                    *self = leaf;
                }
                old_value
            }
        }
    }
}

/// The leaves of a subtree from left to right.
pub(super) struct Entries<'a> {
    /// Subtrees still to visit, the next one last; at most one per level.
    ahead: Vec<&'a Node>,
}

impl<'a> Entries<'a> {
    pub(super) fn new(start: &'a Node) -> Self {
        Self { ahead: vec![start] }
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = &'a Leaf;

    fn next(&mut self) -> Option<&'a Leaf> {
        loop {
            match self.ahead.pop()? {
                Node::Empty => {}
                Node::Leaf(leaf) => return Some(leaf),
                Node::Branch(branch) => self.ahead.extend([&branch.right, &branch.left]),
            }
        }
    }
}
