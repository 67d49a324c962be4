//! Finished items as OTLP has them: written by whoever ends one, so that nothing of it is kept or freed anywhere else.

/// What is exported together: encoded items, those of each scope one behind the other.
#[derive(Default)]
pub(super) struct Batch {
    groups: Vec<Group>,
    /// The group that the last item went to: the next one mostly has the same scope.
    last: usize,
    number: usize,
    /// How much the first group of items gets room for.
    room: usize,
}

/// The items of one scope.
pub(super) struct Group {
    /// The fields of `ScopeSpans` or `ScopeLogs` that tell the scope.
    pub(super) scope: Box<[u8]>,
    /// The field with the items, as often as there are any.
    pub(super) items: Vec<u8>,
}

impl Group {
    /// The bytes of the message that it is.
    pub(super) fn len(&self) -> usize {
        self.scope.len() + self.items.len()
    }
}

/// The items in `ScopeSpans` and `ScopeLogs`: a field of number 2, each behind its length.
const ITEM: u8 = 2 << 3 | 2;

impl Batch {
    /// What there is. It leaves an empty one, which gets room for as much when there is something to put into it.
    pub(super) fn take(&mut self) -> Self {
        let room = self.groups.iter().map(|group| group.items.len()).max().unwrap_or(0);
        std::mem::replace(self, Self { room: room + room / 16, ..Self::default() })
    }

    /// How many items there are.
    pub(super) fn len(&self) -> usize {
        self.number
    }

    pub(super) fn groups(&self) -> &[Group] {
        &self.groups
    }

    pub(super) fn into_groups(self) -> Vec<Group> {
        self.groups
    }

    /// Adds an item of a scope, both encoded.
    pub(super) fn push(&mut self, scope: &[u8], item: &[u8]) {
        if self.groups.get(self.last).is_none_or(|group| *group.scope != *scope) {
            let known = self.groups.iter().position(|group| *group.scope == *scope);
            self.last = known.unwrap_or_else(|| self.begin(scope));
        }
        if let Some(group) = self.groups.get_mut(self.last) {
            group.items.push(ITEM);
            prost::encoding::encode_varint(item.len() as u64, &mut group.items);
            group.items.extend_from_slice(item);
            self.number += 1;
        }
    }

    fn begin(&mut self, scope: &[u8]) -> usize {
        let items = Vec::with_capacity(std::mem::take(&mut self.room));
        self.groups.push(Group { scope: scope.into(), items });
        self.groups.len() - 1
    }
}
