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
