/* setjmp and longjmp: out of deep recursion, repeatedly, as a scheduler, with unbalanced returns.
 */
/* compile: -Wno-infinite-recursion */
#include <setjmp.h>
#include <stdio.h>
#include <ucontext.h>

static jmp_buf catch;
static volatile long depth_reached;

static int descend(int depth) {
    depth_reached++;
    if (depth == 0)
        longjmp(catch, 5);
    return descend(depth - 1) + depth;
}

static ucontext_t main_context, worker_contexts[3];
static char stacks[3][64 * 1024];
static volatile int turns;

static void worker(int id) {
    for (int i = 0; i < 4; i++) {
        printf("worker %d turn %d\n", id, i);
        turns++;
        swapcontext(&worker_contexts[id], &worker_contexts[(id + 1) % 3]);
    }
}

int main(void) {
    volatile int rounds = 0;
    volatile double kept = 1.5;
    int value = setjmp(catch);
    if (value == 5)
        rounds++;
    kept *= 1.25;
    if (rounds < 300)
        descend(rounds);
    printf("rounds %d depth %ld kept %.6g\n", rounds, depth_reached, kept);

    sigjmp_buf masked;
    if (sigsetjmp(masked, 1) == 0)
        siglongjmp(masked, 0); /* arrives as 1 */
    else
        printf("zero became one\n");

    for (int i = 0; i < 3; i++) {
        getcontext(&worker_contexts[i]);
        worker_contexts[i].uc_stack.ss_sp = stacks[i];
        worker_contexts[i].uc_stack.ss_size = sizeof stacks[i];
        worker_contexts[i].uc_link = &main_context;
        makecontext(&worker_contexts[i], (void (*)(void))worker, 1, i);
    }
    swapcontext(&main_context, &worker_contexts[0]);
    printf("turns %d\n", turns);
    return 0;
}
