/* What the process says to who started it. */
#ifndef RINGPOST_REPORT_EXIT_STATUS_H
#define RINGPOST_REPORT_EXIT_STATUS_H

enum exit_status {
	EXIT_GOOD = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,	  /* the command line was not understood */
	EXIT_LATER = 75,  /* sysexits(3): may be tried again */
	EXIT_CONFIG = 78, /* sysexits(3): the configuration is wrong */
};

#endif
