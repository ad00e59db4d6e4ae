//! Nodes of the trie: shared between versions, copied when changed.

use std::sync::{Arc, OnceLock};

use super::path::{PATH_BITS, Path};
use crate::crypto::{
    hash::{Domain, Hash},
    leaf_of, node_of,
};

/// A subtree: empty, one entry, or two smaller subtrees.
#[derive(Clone, Debug, Default)]
pub(super) enum Node {
    #[default]
    Empty,
    Leaf(Arc<Leaf>),
    Branch(Arc<Branch>),
}

/// A path with its value, standing for the whole subtree that it is alone in.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) path: Path,
    pub(super) value: Arc<[u8]>,
}

/// Two subtrees with at least two entries in all.
#[derive(Debug, Default)]
pub(super) struct Branch {
    left: Child,
    right: Child,
}

/// A subtree and its hash, once it was asked for. The hash is kept here and not in the subtree, so that a changed branch
/// finds the hash of its other side without going there: a state is far larger than a processor's cache.
#[derive(Clone, Debug, Default)]
struct Child {
    node: Node,
    hash: OnceLock<Hash>,
}

impl Leaf {
    pub(super) fn value_hash(&self) -> Hash {
        Hash::of(Domain::StateValue, &[&self.value])
    }
}

impl Child {
    fn hash(&self) -> &Hash {
        self.hash.get_or_init(|| self.node.hash())
    }
}

impl From<Node> for Child {
    fn from(node: Node) -> Self {
        Self {
            node,
            hash: OnceLock::new(),
        }
    }
}

impl Branch {
    /// A branch with `node` on the side told by `right`, and `other` on the other side.
    fn of(right: bool, node: Node, other: Child) -> Node {
        let child = Child::from(node);
        let branch = if right {
            Self {
                left: other,
                right: child,
            }
        } else {
            Self {
                left: child,
                right: other,
            }
        };
        Node::Branch(Arc::new(branch))
    }

    fn child(&self, right: bool) -> &Child {
        if right { &self.right } else { &self.left }
    }

    fn child_mut(&mut self, right: bool) -> &mut Child {
        if right { &mut self.right } else { &mut self.left }
    }
}

impl Node {
    /// Computes the hash; for branches from what their sides remember.
    pub(super) fn hash(&self) -> Hash {
        match self {
            Self::Empty => Hash::ZERO,
            Self::Leaf(leaf) => leaf_of(&leaf.path.0, &leaf.value_hash()),
            Self::Branch(branch) => node_of(branch.left.hash(), branch.right.hash()),
        }
    }

    /// Goes down along `path` to where its leaf is or would be, telling the hashes met beside the way from the top.
    pub(super) fn walk(&self, path: &Path, mut met: impl FnMut(&Hash)) -> &Self {
        let (mut node, mut depth) = (self, 0);
        while let Self::Branch(branch) = node {
            let right = path.bit(depth);
            met(branch.child(!right).hash());
            node = &branch.child(right).node;
            depth += 1;
        }
        node
    }

    pub(super) fn find(&self, path: &Path) -> Option<&Leaf> {
        let (mut node, mut depth) = (self, 0);
        while let Self::Branch(branch) = node {
            node = &branch.child(path.bit(depth)).node;
            depth += 1;
        }
        match node {
            Self::Leaf(leaf) if leaf.path == *path => Some(leaf),
            _ => None,
        }
    }

    /// The smallest subtree that holds everything under `prefix`.
    pub(super) fn descend(&self, prefix: &[u8]) -> &Self {
        let mut node = self;
        let bits = prefix
            .iter()
            .flat_map(|byte| (0..8).map(move |bit| byte >> (7 - bit) & 1 == 1));
        for right in bits.take(PATH_BITS) {
            let Self::Branch(branch) = node else { break };
            node = &branch.child(right).node;
        }
        node
    }

    /// Brings everything that inserting at `paths` touches into the processor's cache. One way down waits for memory at
    /// every level; many ways walked side by side wait together.
    pub(super) fn fetch_ways<'a>(&self, paths: impl Iterator<Item = &'a Path>) {
        let mut ways: Vec<(&Self, &Path)> = paths.map(|path| (self, path)).collect();
        let mut holders = 0_usize;
        for depth in 0..PATH_BITS {
            ways.retain_mut(|(node, path)| {
                let Self::Branch(branch) = node else { return false };
                let right = path.bit(depth);
                *node = &branch.child(right).node;
                holders = holders.wrapping_add(branch.child(!right).node.holders());
                true
            });
        }
        core::hint::black_box(holders);
    }

    /// How many hold this subtree.
    fn holders(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::Leaf(leaf) => Arc::strong_count(leaf),
            Self::Branch(branch) => Arc::strong_count(branch),
        }
    }

    /// Puts a leaf into this subtree, whose top is at `depth`; the value that it replaces. Branches that nobody else
    /// holds are changed in place.
    pub(super) fn insert(&mut self, depth: usize, leaf: Leaf) -> Option<Arc<[u8]>> {
        if let Self::Branch(branch) = self
            && let Some(branch) = Arc::get_mut(branch)
        {
            let child = branch.child_mut(leaf.path.bit(depth));
            child.hash = OnceLock::new();
            return child.node.insert(depth + 1, leaf);
        }
        let (changed, old_value) = self.with(depth, leaf);
        *self = changed;
        old_value
    }

    /// This subtree with a leaf put in, and the value that it replaces. Shares all that is not on the leaf's way.
    fn with(&self, depth: usize, leaf: Leaf) -> (Self, Option<Arc<[u8]>>) {
        match self {
            Self::Empty => (Self::Leaf(Arc::new(leaf)), None),
            Self::Leaf(old) if old.path == leaf.path => {
                let old_value = old.value.clone();
                (Self::Leaf(Arc::new(leaf)), Some(old_value))
            }
            Self::Leaf(old) => (Self::fork(depth, old.clone(), leaf), None),
            Self::Branch(branch) => {
                let right = leaf.path.bit(depth);
                let (changed, old_value) = branch.child(right).node.with(depth + 1, leaf);
                (
                    Branch::of(right, changed, branch.child(!right).clone()),
                    old_value,
                )
            }
        }
    }

    /// The subtree of two leaves with different paths that agree in their first `depth` bits: a chain of branches down
    /// to the first bit in which they differ.
    fn fork(depth: usize, old: Arc<Leaf>, new: Leaf) -> Self {
        let path = new.path;
        let fork_depth = old.path.common_bits(&path);
        let bottom = Branch::of(
            path.bit(fork_depth),
            Self::Leaf(Arc::new(new)),
            Self::Leaf(old).into(),
        );
        let levels = (depth..fork_depth).rev();
        levels.fold(bottom, |below, level| {
            Branch::of(path.bit(level), below, Child::default())
        })
    }

    /// This subtree, whose top is at `depth`, without the leaf at `path`.
    pub(super) fn without(&self, depth: usize, path: &Path) -> Self {
        match self {
            Self::Leaf(leaf) if leaf.path == *path => Self::Empty,
            Self::Branch(branch) => {
                let right = path.bit(depth);
                let changed = branch.child(right).node.without(depth + 1, path);
                let other = branch.child(!right);
                match (&changed, &other.node) {
                    (Self::Empty, Self::Leaf(_)) => other.node.clone(),
                    (Self::Leaf(_), Self::Empty) => changed,
                    _ => Branch::of(right, changed, other.clone()),
                }
            }
            other => other.clone(),
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
                Node::Branch(branch) => self.ahead.extend([&branch.right.node, &branch.left.node]),
            }
        }
    }
}
