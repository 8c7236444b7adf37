/* A Modbus TCP server on libmodbus, so that our codec meets one that nobody here wrote.
 * Prints its port, then serves any number of clients, one request at a time, until it is terminated. */
#include <modbus/modbus.h>
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

/* Not modbus_set_float_*: in libmodbus 3.1.6 those names do not mean what vendors mean by ABCD. */
static void put_float(uint16_t *registers, float value, int swap_bytes, int swap_words)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint16_t words[2] = { bits >> 16, bits & 0xFFFF };
    for (int each = 0; each < 2; each++)
        registers[swap_words ? 1 - each : each] = swap_bytes ? (uint16_t)(words[each] << 8 | words[each] >> 8) : words[each];
}

static void fill(modbus_mapping_t *map)
{
    map->tab_input_registers[0] = (uint16_t)-55;    /* int16 x10: -5.5 */
    map->tab_input_registers[1] = 0x8000;           /* "no value" */
    put_float(&map->tab_input_registers[2], 230.5f, 0, 0);  /* ABCD */
    put_float(&map->tab_input_registers[4], -12.25f, 1, 1); /* DCBA */
    put_float(&map->tab_input_registers[6], 50.02f, 1, 0);  /* BADC */
    put_float(&map->tab_input_registers[8], 7.125f, 0, 1);  /* CDAB */
    map->tab_input_registers[10] = 0x0012;          /* uint32 1234567 */
    map->tab_input_registers[11] = 0xD687;
    map->tab_input_registers[12] = 0x0020;          /* bit 5 */
    map->tab_input_bits[3] = 1;
    map->tab_bits[9] = 1;
}

int main(void)
{
    uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
    modbus_t *ctx = modbus_new_tcp("127.0.0.1", 0);
    modbus_mapping_t *map = modbus_mapping_new(16, 16, 32, 32);
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    fd_set known, ready;
    fill(map);
    int listener = modbus_tcp_listen(ctx, 4);
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    FD_ZERO(&known);
    FD_SET(listener, &known);
    int last = listener;
    for (;;) {
        ready = known;
        if (select(last + 1, &ready, NULL, NULL, NULL) < 0)
            return 1;
        for (int each = 0; each <= last; each++) {
            if (!FD_ISSET(each, &ready))
                continue;
            if (each == listener) {
                int client = accept(listener, NULL, NULL);
                FD_SET(client, &known);
                last = client > last ? client : last;
                continue;
            }
            modbus_set_socket(ctx, each);
            int length = modbus_receive(ctx, query);
            if (length > 0)
                modbus_reply(ctx, query, length, map);
            else if (length < 0) {
                close(each);
                FD_CLR(each, &known);
            }
        }
    }
}
