/* Making a difference small: all single simplifications of a sequence are run as one batch; those
 * that keep the difference are taken together if that works, else the first of them, until none is
 * left. */
#include "tests/fuzz/compare.h"

#include <string.h>

enum change_kind {
    DROP,
    DROP_LAST_HALF,
    DROP_FIRST_HALF,
    CLEAR_REGISTER,
    CLEAR_SCRATCH,
    NO_RESUME
};

struct change {
    enum change_kind kind;
    unsigned index;
};

enum { MAX_CHANGES = SEQUENCE_MAX_ITEMS + BATCH_REGISTER_WORDS + SCRATCH_SIZE / 8 + 8 };

static void drop(struct sequence *sequence, unsigned index) {
    uint8_t group = sequence->item[index].group;
    if (!group) {
        remove_items(sequence, index, 1);
        return;
    }
    for (unsigned i = sequence->count; i--;)
        if (sequence->item[i].group == group)
            remove_items(sequence, i, 1);
}

/* Whole groups only: half a loop may not end. */
static void drop_range(struct sequence *sequence, unsigned from, unsigned to) {
    for (unsigned i = to; i-- > from;)
        if (i < sequence->count)
            drop(sequence, i);
}

static void apply(struct sequence *sequence, const struct change *change) {
    switch (change->kind) {
    case DROP: drop(sequence, change->index); break;
    case DROP_LAST_HALF: drop_range(sequence, sequence->count / 2, sequence->count); break;
    case DROP_FIRST_HALF: drop_range(sequence, 0, sequence->count / 2); break;
    case CLEAR_REGISTER: sequence->registers.word[change->index] = 0; break;
    case CLEAR_SCRATCH: memset(sequence->scratch + 8 * change->index, 0, 8); break;
    case NO_RESUME: sequence->resume = false; break;
    }
}

/* Everything that can still be simplified; drops from the end first, so that applying several in
 * this order leaves the indices of the later ones true. */
static unsigned list_changes(const struct sequence *sequence, struct change *out) {
    static const uint8_t nothing[8];
    unsigned count = 0;
    if (sequence->count > 3) {
        out[count++] = (struct change){DROP_LAST_HALF, 0};
        out[count++] = (struct change){DROP_FIRST_HALF, 0};
    }
    for (unsigned i = sequence->count; i--;)
        out[count++] = (struct change){DROP, i};
    for (unsigned i = 0; i < guest->words; i++)
        if (sequence->registers.word[i])
            out[count++] = (struct change){CLEAR_REGISTER, i};
    for (unsigned i = 0; i < SCRATCH_SIZE / 8; i++)
        if (memcmp(sequence->scratch + 8 * i, nothing, 8))
            out[count++] = (struct change){CLEAR_SCRATCH, i};
    if (sequence->resume)
        out[count++] = (struct change){NO_RESUME, 0};
    return count;
}

static bool still_differs(struct batch *batch, const struct sequence *sequence) {
    batch_clear(batch);
    batch_add(batch, sequence);
    batch_start(batch);
    batch_wait(batch);
    return batch_differs(batch, 0);
}

bool minimise(struct batch *batch, struct sequence *sequence) {
    struct change changes[MAX_CHANGES];
    if (!still_differs(batch, sequence))
        return false;
    for (;;) {
        unsigned count = list_changes(sequence, changes), kept = 0;
        batch_clear(batch);
        for (unsigned i = 0; i < count; i++) {
            struct sequence candidate = *sequence;
            apply(&candidate, &changes[i]);
            batch_add(batch, &candidate);
        }
        batch_start(batch);
        batch_wait(batch);
        for (unsigned i = 0; i < batch->count; i++)
            if (batch_differs(batch, i))
                changes[kept++] = changes[i];
        if (!kept)
            return true;

        struct sequence together = *sequence;
        bool halved = changes[0].kind == DROP_LAST_HALF || changes[0].kind == DROP_FIRST_HALF;
        for (unsigned i = 0; i < kept && !halved; i++)
            if (changes[i].kind != DROP || changes[i].index < together.count)
                apply(&together, &changes[i]);
        if (!halved && kept > 1 && still_differs(batch, &together))
            *sequence = together;
        else
            apply(sequence, &changes[0]);
    }
}
