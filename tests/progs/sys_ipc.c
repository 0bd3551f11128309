/* System V semaphores, messages and shared memory; POSIX message queues. */
#include "sys.h"

#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>

union semun {
    int val;
    struct semid_ds *buf;
    unsigned short *array;
};

static void semaphores(void) {
    int id;
    unsigned short values[3] = {1, 2, 3};
    struct semid_ds state;
    OK(id = semget(IPC_PRIVATE, 3, IPC_CREAT | 0600));
    SHOW(semctl(id, 0, SETALL, (union semun){.array = values}));
    SHOW(semctl(id, 1, GETVAL));
    SHOW(semctl(id, 1, SETVAL, (union semun){.val = 7}));
    memset(values, 0, sizeof values);
    SHOW(semctl(id, 0, GETALL, (union semun){.array = values}));
    printf("%u %u %u\n", values[0], values[1], values[2]);
    SHOW(semctl(id, 0, IPC_STAT, (union semun){.buf = &state}));
    printf("mode %o sems %lu\n", state.sem_perm.mode & 0777, (unsigned long)state.sem_nsems);
    TRUE(state.sem_otime == 0 && state.sem_ctime > 1600000000 && state.sem_perm.uid == geteuid());
    state.sem_perm.mode = 0640;
    SHOW(semctl(id, 0, IPC_SET, (union semun){.buf = &state}));
    struct sembuf operations[] = {{0, -1, 0}, {1, 2, 0}};
    SHOW(semop(id, operations, 2));
    SHOW(semctl(id, 0, IPC_STAT, (union semun){.buf = &state}));
    printf("mode %o\n", state.sem_perm.mode & 0777);
    TRUE(state.sem_otime > 1600000000);
    operations[0].sem_flg = IPC_NOWAIT;
    SHOW(semop(id, operations, 1));
    operations[0].sem_flg = 0;
    struct timespec timeout = {0, 10000000};
    SHOW(semtimedop(id, operations, 1, &timeout));
    operations[0].sem_num = 9;
    SHOW(semop(id, operations, 1));
    if (fork() == 0) {
        struct sembuf wait_for_parent = {0, -1, 0};
        _exit(semop(id, &wait_for_parent, 1));
    }
    struct sembuf release = {0, 1, 0};
    int status;
    SHOW(semop(id, &release, 1));
    wait(&status);
    printf("child %d\n", status);
    SHOW(semctl(id, 0, GETPID) > 0);
    SHOW(semctl(id, 0, IPC_RMID));
    SHOW(semctl(id, 0, IPC_RMID));
}

static void messages(void) {
    struct {
        long type;
        char text[16];
    } message = {3, "third"}, in = {0, ""};
    struct msqid_ds state;
    int id;
    OK(id = msgget(IPC_PRIVATE, IPC_CREAT | 0600));
    SHOW(msgsnd(id, &message, 6, 0));
    message.type = 1;
    strcpy(message.text, "first");
    SHOW(msgsnd(id, &message, 6, 0));
    message.type = 0;
    SHOW(msgsnd(id, &message, 6, 0));
    SHOW(msgctl(id, IPC_STAT, &state));
    printf("%lu messages, mode %o\n", (unsigned long)state.msg_qnum, state.msg_perm.mode & 0777);
    SHOW(msgrcv(id, &in, 2, 1, 0));
    SHOW(msgrcv(id, &in, 16, 1, 0));
    printf("%ld %s\n", in.type, in.text);
    SHOW(msgrcv(id, &in, 2, 0, MSG_NOERROR));
    SHOW(msgrcv(id, &in, 16, 0, IPC_NOWAIT));
    SHOW(msgctl(id, IPC_RMID, NULL));
    SHOW(msgctl(id, IPC_STAT, &state));
}

static void shared(void) {
    int id;
    struct shmid_ds state;
    OK(id = shmget(IPC_PRIVATE, 10000, IPC_CREAT | 0600));
    char *a = shmat(id, NULL, 0), *b = shmat(id, NULL, SHM_RDONLY);
    TRUE(a != (void *)-1 && b != (void *)-1 && a != b);
    strcpy(a, "seen twice");
    puts(b);
    SHOW(shmctl(id, IPC_STAT, &state));
    printf("size %zu attached %lu\n", (size_t)state.shm_segsz, (unsigned long)state.shm_nattch);
    if (fork() == 0) {
        strcpy(a, "by the child");
        _exit(shmdt(a));
    }
    int status;
    wait(&status);
    puts(b);
    SHOW(shmdt(a));
    SHOW(shmdt(a));
    char *c = shmat(id, a, 0);
    TRUE(c == a);
    SHOW((long)shmat(id, a, 0));
    SHOW((long)shmat(id, a + 5, 0));
    c = shmat(id, a + 5, SHM_RND | SHM_REMAP);
    TRUE(c == a);
    SHOW(shmdt(c));
    SHOW(shmdt(b));
    SHOW(shmctl(id, IPC_RMID, NULL));
    SHOW((long)shmat(id, NULL, 0));
    SHOW(shmget(IPC_PRIVATE, 0, IPC_CREAT));
}

static volatile sig_atomic_t notified;
static void on_message(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)context;
    notified = info->si_value.sival_int;
}

static void queues(void) {
    struct mq_attr attributes = {.mq_maxmsg = 4, .mq_msgsize = 32}, now;
    char text[32] = "", name[32];
    unsigned priority = 0;
    snprintf(name, sizeof name, "/denizen-%d", (int)getpid());
    mqd_t queue;
    OK(queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0600, &attributes));
    SHOW(mq_send(queue, "low", 4, 1));
    SHOW(mq_send(queue, "high", 5, 9));
    SHOW(mq_getattr(queue, &now));
    printf("%ld of %ld, flags %d\n", now.mq_curmsgs, now.mq_maxmsg, now.mq_flags == O_NONBLOCK);
    SHOW(mq_receive(queue, text, sizeof text, &priority));
    printf("%s %u\n", text, priority);
    SHOW(mq_receive(queue, text, 3, NULL));
    SHOW(mq_receive(queue, text, sizeof text, &priority));
    SHOW(mq_receive(queue, text, sizeof text, &priority));
    struct sigaction action = {.sa_sigaction = on_message, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, NULL);
    struct sigevent event = {
        .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 77};
    SHOW(mq_notify(queue, &event));
    SHOW(mq_send(queue, "signal", 7, 0));
    SHOW(notified);
    now.mq_flags = 0;
    SHOW(mq_setattr(queue, &now, NULL));
    struct timespec past = {1, 0};
    SHOW(mq_timedreceive(queue, text, sizeof text, NULL, &past));
    SHOW(mq_timedreceive(queue, text, sizeof text, NULL, &past));
    SHOW(mq_close(queue));
    SHOW(mq_unlink(name));
    SHOW(mq_unlink(name));
}

int main(void) {
    semaphores();
    messages();
    shared();
    queues();
    return 0;
}
