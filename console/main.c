/* ringpost: one program, its commands in the table of command/commands.c. */
#include "command/commands.h"

int main(int argc, char **argv)
{
	return commands_main(argc, argv);
}
