/* Runs the passes that the table names. */
#include "translator/opt/opt.h"

#include "runtime/log.h"

static const struct pass {
    const char *name;
    void (*run)(struct ir *ir);
    unsigned tiers;
} passes[] = {
#define PASS(name, tiers, purpose) {#name, opt_##name, tiers},
#include "translator/opt/passes.def"
#undef PASS
};

void opt_run(struct ir *ir, unsigned tier, const struct opt_observer *observer) {
    for (size_t i = 0; i < sizeof(passes) / sizeof(passes[0]); i++) {
        const struct pass *pass = &passes[i];
        if (!(pass->tiers & OPT_TIER(tier)))
            continue;
        pass->run(ir);
#ifdef DENIZEN_DEBUG_IR
        const char *wrong = ir_verify(ir);
        if (wrong)
            BUG("after %s: %s", pass->name, wrong);
#endif
        if (observer)
            observer->after_pass(observer->data, pass->name, ir);
    }
}
