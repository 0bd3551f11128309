/* Sockets: unix, loopback TCP and UDP, options, ancillary data. */
#include "sys.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

static void pairs(void) {
    int fd[2];
    char text[32] = "";
    SHOW(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd));
    SHOW(fcntl(fd[0], F_GETFD));
    SHOW(send(fd[0], "hello", 5, 0));
    SHOW(recv(fd[1], text, 3, MSG_PEEK));
    SHOW(recv(fd[1], text, sizeof text, 0));
    puts(text);
    SHOW(recv(fd[1], text, sizeof text, MSG_DONTWAIT));
    SHOW(shutdown(fd[0], SHUT_WR));
    SHOW(recv(fd[1], text, sizeof text, 0));
    SHOW(send(fd[0], "x", 1, MSG_NOSIGNAL));
    int value = 0;
    socklen_t length = sizeof value;
    SHOW(getsockopt(fd[0], SOL_SOCKET, SO_TYPE, &value, &length));
    printf("type %d length %u\n", value, length);
    struct ucred credentials;
    length = sizeof credentials;
    SHOW(getsockopt(fd[0], SOL_SOCKET, SO_PEERCRED, &credentials, &length));
    TRUE(credentials.pid == getpid() && credentials.uid == geteuid());
    close(fd[0]);
    close(fd[1]);
    SHOW(socketpair(AF_INET, SOCK_STREAM, 0, fd));
    SHOW(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fd));
    SHOW(send(fd[0], "one", 3, 0));
    SHOW(send(fd[0], "three", 5, 0));
    SHOW(recv(fd[1], text, 2, MSG_TRUNC));
    SHOW(recv(fd[1], text, sizeof text, 0));
    SHOW(recv(fd[1], text, sizeof text, 0));
    close(fd[0]);
    close(fd[1]);
    SHOW(socket(AF_UNIX, 77, 0));
    SHOW(socket(12345, SOCK_STREAM, 0));
}

/* A descriptor goes over in ancillary data. */
static void rights(void) {
    int fd[2], pipe_fd[2], got = -1;
    char text[16] = "";
    SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, fd));
    SHOW(pipe(pipe_fd));
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)),
                            .cmsg_level = SOL_SOCKET,
                            .cmsg_type = SCM_RIGHTS}};
    memcpy(CMSG_DATA(&control.header), &pipe_fd[1], sizeof(int));
    struct iovec vector[] = {{"da", 2}, {"ta", 2}};
    struct msghdr message = {.msg_iov = vector,
                             .msg_iovlen = 2,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    SHOW(sendmsg(fd[0], &message, 0));
    memset(&control, 0, sizeof control);
    struct iovec in = {text, sizeof text};
    message = (struct msghdr){
        .msg_iov = &in, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    SHOW(recvmsg(fd[1], &message, MSG_CMSG_CLOEXEC));
    printf("%s flags %x control %zu level %d type %d\n", text,
           message.msg_flags & ~MSG_CMSG_CLOEXEC, (size_t)message.msg_controllen,
           control.header.cmsg_level, control.header.cmsg_type);
    memcpy(&got, CMSG_DATA(&control.header), sizeof(int));
    TRUE(got > 2 && got != pipe_fd[1]);
    SHOW(fcntl(got, F_GETFD));
    SHOW(write(got, "through", 7));
    memset(text, 0, sizeof text);
    SHOW(read(pipe_fd[0], text, sizeof text));
    puts(text);

    struct mmsghdr several[2] = {{.msg_hdr = {.msg_iov = &vector[0], .msg_iovlen = 1}},
                                 {.msg_hdr = {.msg_iov = &vector[1], .msg_iovlen = 1}}};
    int datagram[2];
    SHOW(socketpair(AF_UNIX, SOCK_DGRAM, 0, datagram));
    SHOW(sendmmsg(datagram[0], several, 2, 0));
    printf("lengths %u %u\n", several[0].msg_len, several[1].msg_len);
    char two[2][8] = {"", ""};
    struct iovec out[] = {{two[0], 7}, {two[1], 7}};
    several[0].msg_hdr.msg_iov = &out[0];
    several[1].msg_hdr.msg_iov = &out[1];
    SHOW(recvmmsg(datagram[1], several, 2, MSG_WAITFORONE, NULL));
    printf("%s %s\n", two[0], two[1]);
}

static void unix_names(void) {
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"}, other;
    socklen_t length = sizeof other;
    int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0), peer;
    SHOW(connect(client, (struct sockaddr *)&name, sizeof name));
    SHOW(bind(server, (struct sockaddr *)&name, sizeof name));
    SHOW(bind(server, (struct sockaddr *)&name, sizeof name));
    SHOW(connect(client, (struct sockaddr *)&name, sizeof name));
    SHOW(listen(server, 4));
    SHOW(connect(client, (struct sockaddr *)&name, sizeof name));
    OK(peer = accept4(server, (struct sockaddr *)&other, &length, SOCK_NONBLOCK));
    printf("family %d length %u\n", other.sun_family, length);
    SHOW((fcntl(peer, F_GETFL) & O_NONBLOCK) != 0);
    length = 4;
    memset(&other, 0, sizeof other);
    SHOW(getsockname(server, (struct sockaddr *)&other, &length));
    printf("length %u path %s\n", length, other.sun_path);
    SHOW(getpeername(server, (struct sockaddr *)&other, &length));
    SHOW(bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&name, 1));
    struct sockaddr_un hidden = {.sun_family = AF_UNIX};
    int anonymous = socket(AF_UNIX, SOCK_DGRAM, 0);
    SHOW(bind(anonymous, (struct sockaddr *)&hidden, sizeof(sa_family_t)));
    close(server);
    close(client);
    close(peer);
    close(anonymous);
}

static void tcp(void) {
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof name;
    int server, client, peer, one = 1, value = 0;
    char text[64] = "";
    OK(server = socket(AF_INET, SOCK_STREAM, 0));
    SHOW(setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one));
    SHOW(bind(server, (struct sockaddr *)&name, sizeof name));
    SHOW(listen(server, 5));
    SHOW(getsockname(server, (struct sockaddr *)&name, &length));
    TRUE(name.sin_port != 0 && length == sizeof name);
    OK(client = socket(AF_INET, SOCK_STREAM, 0));
    SHOW(connect(client, (struct sockaddr *)&name, sizeof name));
    struct sockaddr_in from;
    length = sizeof from;
    OK(peer = accept(server, (struct sockaddr *)&from, &length));
    TRUE(from.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
    SHOW(setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one));
    length = sizeof value;
    SHOW(getsockopt(client, IPPROTO_TCP, TCP_NODELAY, &value, &length));
    printf("nodelay %d\n", value != 0);
    struct timeval timeout = {0, 20000};
    SHOW(setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout));
    SHOW(recv(client, text, sizeof text, 0));
    struct linger linger = {1, 5}, back;
    length = sizeof back;
    SHOW(setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
    SHOW(getsockopt(client, SOL_SOCKET, SO_LINGER, &back, &length));
    printf("linger %d %d\n", back.l_onoff, back.l_linger);
    SHOW(setsockopt(client, SOL_SOCKET, 9999, &one, sizeof one));
    SHOW(write(peer, "over the wire", 13));
    struct pollfd fd = {.fd = client, .events = POLLIN};
    SHOW(poll(&fd, 1, 5000));
    SHOW(ioctl(client, FIONREAD, &value));
    printf("waiting %d\n", value);
    SHOW(recv(client, text, sizeof text, MSG_WAITALL | MSG_DONTWAIT));
    puts(text);
    SHOW(ioctl(client, FIONBIO, &one));
    SHOW(read(client, text, sizeof text));
    close(peer);
    SHOW(poll(&fd, 1, 5000));
    SHOW(read(client, text, sizeof text));
    close(client);
    close(server);
    client = socket(AF_INET, SOCK_STREAM, 0);
    SHOW(connect(client, (struct sockaddr *)&name, sizeof name));
    SHOW(connect(client, (struct sockaddr *)&name, 3));
    close(client);
}

static void udp(void) {
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in from;
    socklen_t length = sizeof name;
    char text[16] = "";
    int a = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), b = socket(AF_INET, SOCK_DGRAM, 0);
    SHOW(bind(a, (struct sockaddr *)&name, sizeof name));
    SHOW(getsockname(a, (struct sockaddr *)&name, &length));
    SHOW(sendto(b, "datagram", 8, 0, (struct sockaddr *)&name, sizeof name));
    length = sizeof from;
    SHOW(recvfrom(a, text, sizeof text, 0, (struct sockaddr *)&from, &length));
    printf("%s family %d length %u\n", text, from.sin_family, length);
    SHOW(sendto(b, "x", 1, 0, (struct sockaddr *)&name, 2));
    SHOW(send(b, "x", 1, 0));
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int c = socket(AF_INET6, SOCK_DGRAM, 0);
    OK(bind(c, (struct sockaddr *)&six, sizeof six));
    struct ifreq request = {.ifr_name = "lo"};
    SHOW(ioctl(a, SIOCGIFINDEX, &request));
    printf("lo is %d\n", request.ifr_ifindex);
    SHOW(ioctl(a, SIOCGIFFLAGS, &request));
    printf("loopback %d\n", (request.ifr_flags & IFF_LOOPBACK) != 0);
}

int main(void) {
    enter_directory();
    pairs();
    rights();
    unix_names();
    tcp();
    udp();
    leave_directory();
    return 0;
}
