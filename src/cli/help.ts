import { VERSION } from '../version.js'

export const HELP: string = `autospan ${VERSION}: OpenTelemetry for Node.js without a line of code

Usage
  autospan run app.js [arguments]          runs a program with the agent
  autospan run -- command [arguments]      runs a command whose Node.js programs have the agent
  autospan doctor                          tells whether spans would arrive from here, and if not, why
  autospan doctor -- node app.js           the same for a program, and what the agent finds in it

  autospan run app.js is short for node --import autospan/register app.js.
  autospan help doctor, autospan help run tell more.

Settings are environment variables: OTEL_SERVICE_NAME, OTEL_EXPORTER_OTLP_ENDPOINT, ...
autospan doctor --all tells of all of them.
`

export const HELP_RUN = `autospan run [flags of Node.js] app.js [arguments]
autospan run -- command [arguments]

Runs a program with the agent. The first form is short for

  node --import autospan/register [flags] app.js [arguments]

and the second sets NODE_OPTIONS, so that each Node.js program that the command starts has the agent:

  autospan run -- npm start

Input, output, arguments, signals and the exit code are the program's own.
`

export const HELP_DOCTOR = `autospan doctor [--all] [-- command [arguments]]

Looks at all that can be wrong before a span arrives, and says it in plain words:

  settings     each that is set, where its value is from, and what is wrong with it; secrets are not shown
  libraries    which are installed, in which version, and whether they are traced
  backend      the name is looked up, a connection made, and a test span, metric and log record sent, of the signals that
               are on: they are called "autospan doctor" or autospan.doctor, so that you can look for them

With a command it runs that, and tells at its end what the agent has found in it:

  autospan doctor -- node --env-file=.env app.js

AUTOSPAN_DOCTOR=true does the same for a program that is started with the agent otherwise.

  --all        tells of each variable, and not only of those that are set

Exit code: 0 where all is fine, 1 where there is a problem, 2 for a wrong command line.
`
