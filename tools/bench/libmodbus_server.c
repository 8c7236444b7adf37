/* A Modbus TCP server on libmodbus with 125 input registers, for the polling benchmark.
 * Prints its port, then serves each client in a process of its own until it is terminated. */
#include <modbus/modbus.h>
#include <arpa/inet.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define REGISTERS 125

static void serve(modbus_t *ctx, modbus_mapping_t *map)
{
    uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
    int length;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    while ((length = modbus_receive(ctx, query)) >= 0)
        if (length > 0)
            modbus_reply(ctx, query, length, map);
}

int main(void)
{
    modbus_t *ctx = modbus_new_tcp("127.0.0.1", 0);
    modbus_mapping_t *map = modbus_mapping_new(0, 0, 0, REGISTERS);
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    for (int each = 0; each < REGISTERS; each++)
        map->tab_input_registers[each] = 100 + each;
    int listener = modbus_tcp_listen(ctx, 4);
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    signal(SIGCHLD, SIG_IGN);
    while (modbus_tcp_accept(ctx, &listener) >= 0) {
        if (fork() == 0) {
            serve(ctx, map);
            return 0;
        }
        close(modbus_get_socket(ctx)); /* modbus_close would shut it down for the child too */
    }
    return 1;
}
