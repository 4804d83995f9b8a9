/* ringpost: one program, its commands in the table of commands.c. */
#include "console/commands.h"

int main(int argc, char **argv)
{
	return commands_main(argc, argv);
}
