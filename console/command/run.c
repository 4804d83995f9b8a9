/* `ringpost run`: the daemon, in the foreground. */
#include "base/failure.h"

#include "admin/admin.h"
#include "command/commands.h"
#include "daemon/daemon.h"
#include "daemon/doors.h"
#include "web/web.h"

static const struct daemon_doors doors = {
	.admin_open = admin_open,
	.admin_close = admin_close,
	.admin_destroy = admin_destroy,
	.web_open = web_open,
	.web_close = web_close,
};

static int run(const struct command *command, struct arguments *arguments)
{
	if (!arguments_parse(arguments, NULL, 0))
		return command_refuse(command, "%s", failure_last()->text);
	if (arguments->count)
		return command_refuse(
			command, "\"%s\" is not expected here", arguments->words[0]);
	return daemon_run(arguments->config, &doors);
}

const struct command command_run = {
	.name = "run",
	.summary = "Run the mail server, in the foreground",
	.usage =
		"[-c FILE]\n\n"
		"Accepts, keeps, signs and relays mail as the configuration FILE says\n"
		"(/etc/ringpost/ringpost.yaml, or what RINGPOST_CONFIG names). Start "
		"it as\n"
		"root: it opens its ports, then becomes the user of the "
		"configuration.\n\n"
		"SIGTERM ends it in good order, SIGHUP reads the configuration again.\n"
		"Exit status: 0 ended as asked, 1 a failure, 78 the configuration is "
		"wrong.\n",
	.run = run,
};
