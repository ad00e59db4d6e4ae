//! Where blocks stand in the tree.

use super::*;

#[test]
fn the_block_at_a_slot_is_looked_for_on_the_branch_and_then_on_the_chosen_chain_below() {
    let mut lab = Lab::new();
    let start = lab.start();
    let shared = lab.grow(start.block, 5);
    let left = lab.grow(shared, 6);
    let end_of_left = lab.grow(left, 9);
    let right = lab.grow(shared, 7);
    let end_of_right = lab.grow(right, 8);
    for chosen in [left, right] {
        lab.tree.choose(&at(9, chosen), &start);
        let block_at = |tip: &BlockHash, slot| lab.tree.block_at(tip, Slot(slot)).unwrap();
        assert_eq!(
            [0, 4, 5, 6, 8, 9, 10].map(|slot| block_at(&end_of_left, slot)),
            [
                start.block,
                start.block,
                shared,
                left,
                left,
                end_of_left,
                end_of_left
            ]
        );
        assert_eq!(
            [4, 5, 6, 7, 8, 9].map(|slot| block_at(&end_of_right, slot)),
            [start.block, shared, shared, right, end_of_right, end_of_right]
        );
        assert_eq!(block_at(&shared, 9), shared);
    }
}

#[test]
fn what_a_final_block_rules_out_gives_its_room_back() {
    let mut lab = Lab::new();
    let start = lab.start();
    let last_final = lab.grow(start.block, 1);
    let tip = lab.grow(last_final, 2);
    lab.tree.choose(&at(1, last_final), &start);
    for slot in 3..MAX_SIDE_BLOCKS as u64 + 3 {
        lab.grow(start.block, slot);
    }
    assert_eq!(lab.tree.side_blocks(), MAX_SIDE_BLOCKS);
    lab.tree.finalize(&last_final);
    assert_eq!((lab.tree.head(), lab.tree.side_blocks()), (tip, 0));
    let beside = [10_000, 10_001].map(|slot| lab.grow(last_final, slot));
    assert!(beside.iter().all(|hash| lab.tree.get(hash).is_some()));
}

#[test]
fn of_each_branch_the_newest_states_and_every_64th_below_stay_and_no_other() {
    let mut lab = Lab::new();
    let genesis = lab.tree.genesis();
    let with_state = |lab: &Lab, branch: &[BlockHash]| -> Vec<u64> {
        let nodes = branch.iter().map(|hash| lab.tree.get(hash).unwrap());
        nodes
            .filter(|node| node.state().is_some())
            .map(|node| node.height)
            .collect()
    };
    let grow = |lab: &mut Lab, from: BlockHash, first_slot: u64, count: u64| -> Vec<BlockHash> {
        let mut tip = from;
        let slots = first_slot..first_slot + count;
        slots
            .map(|slot| {
                tip = lab.grow(tip, slot);
                tip
            })
            .collect()
    };
    let newest = 300 - RECENT_STATES + 1;
    let kept = || [SPARSE_STATES, 2 * SPARSE_STATES].into_iter().chain(newest..=300);

    let chain = grow(&mut lab, genesis, 1, 300);
    assert_eq!(with_state(&lab, &chain), kept().collect::<Vec<_>>());
    assert!(lab.tree.get(&genesis).unwrap().state().is_some());
    let side = grow(&mut lab, genesis, 10_000, 300);
    assert_eq!(with_state(&lab, &side), kept().collect::<Vec<_>>());
    assert_eq!(
        with_state(&lab, &chain),
        kept().collect::<Vec<_>>(),
        "another branch"
    );
}
