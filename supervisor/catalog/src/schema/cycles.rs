//! `type A = B | null; type B = A` is a circle that TypeScript refuses: there is no object or array between, where
//! it could stop and look later. Such a circle is cut with `unknown`.

use super::types::{Declaration, Type};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Unseen,
    Open,
    Done,
}

/// Cuts every circle among the declarations from `first` on; how many places that were.
pub(crate) fn break_cycles(declarations: &mut [Declaration], first: usize) -> usize {
    let mut marks = vec![Mark::Unseen; declarations.len()];
    (first..declarations.len()).map(|place| visit(place, declarations, &mut marks)).sum()
}

/// Depth is at most the number of declarations, which is bounded.
fn visit(place: usize, declarations: &mut [Declaration], marks: &mut [Mark]) -> usize {
    if marks.get(place).is_none_or(|mark| *mark != Mark::Unseen) {
        return 0;
    }
    set(marks, place, Mark::Open);
    let Some(mut of) = declarations.get_mut(place).map(|it| std::mem::replace(&mut it.of, Type::Unknown))
    else {
        return 0;
    };
    let places = cut(&mut of, declarations, marks);
    if let Some(declaration) = declarations.get_mut(place) {
        declaration.of = of;
    }
    set(marks, place, Mark::Done);
    places
}

fn cut(of: &mut Type, declarations: &mut [Declaration], marks: &mut [Mark]) -> usize {
    match of {
        Type::Reference(place) if marks.get(*place) == Some(&Mark::Open) => {
            *of = Type::Unknown;
            1
        }
        Type::Reference(place) => visit(*place, declarations, marks),
        Type::Union(members) | Type::Intersection(members) => {
            members.iter_mut().map(|member| cut(member, declarations, marks)).sum()
        }
        _ => 0,
    }
}

fn set(marks: &mut [Mark], place: usize, mark: Mark) {
    if let Some(slot) = marks.get_mut(place) {
        *slot = mark;
    }
}
