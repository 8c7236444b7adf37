/* A Modbus RTU server on libmodbus: one unit on a serial port, so that our frames meet some that nobody here wrote.
 * Usage: libmodbus_rtu_server PORT UNIT. Prints "ready", then serves until it is terminated. */
#include <modbus/modbus.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    uint8_t query[MODBUS_RTU_MAX_ADU_LENGTH];
    if (argc != 3)
        return 2;
    modbus_t *ctx = modbus_new_rtu(argv[1], 19200, 'N', 8, 1);
    modbus_mapping_t *map = modbus_mapping_new(32, 32, 128, 128);
    modbus_set_slave(ctx, atoi(argv[2]));
    for (int each = 0; each < 128; each++)
        map->tab_input_registers[each] = (uint16_t)(1000 + each);
    map->tab_input_bits[3] = 1;
    if (modbus_connect(ctx) < 0)
        return 1;
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        int length = modbus_receive(ctx, query);
        if (length > 0)
            modbus_reply(ctx, query, length, map);
    }
}
