/**
 * The program in which a Python function runs: what Lambda's own runtime is there. It loads the handler, and then takes one
 * invocation after the other from the Runtime API. It needs nothing but Python's own library, from 3.8 on. As text, because
 * it is passed to the interpreter and no file of its own.
 */
export const pythonBootstrap = String.raw`
import http.client, importlib, json, logging, os, sys, time, traceback

task_root = os.environ['LAMBDA_TASK_ROOT']
api = os.environ['AWS_LAMBDA_RUNTIME_API']
current = {'request_id': ''}


class Context:
    identity = None
    tenant_id = None

    def __init__(self, headers):
        self.aws_request_id = headers['Lambda-Runtime-Aws-Request-Id']
        self.invoked_function_arn = headers['Lambda-Runtime-Invoked-Function-Arn']
        self.function_name = os.environ['AWS_LAMBDA_FUNCTION_NAME']
        self.function_version = os.environ['AWS_LAMBDA_FUNCTION_VERSION']
        self.memory_limit_in_mb = os.environ['AWS_LAMBDA_FUNCTION_MEMORY_SIZE']
        self.log_group_name = os.environ['AWS_LAMBDA_LOG_GROUP_NAME']
        self.log_stream_name = os.environ['AWS_LAMBDA_LOG_STREAM_NAME']
        self.client_context = json.loads(headers.get('Lambda-Runtime-Client-Context', 'null'))
        self._deadline = int(headers['Lambda-Runtime-Deadline-Ms'])

    def get_remaining_time_in_millis(self):
        return max(0, int(self._deadline - time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))


class Formatter(logging.Formatter):
    converter = time.gmtime

    def format(self, record):
        record.aws_request_id = current['request_id']
        return super().format(record)


def set_up_logging():
    handler = logging.StreamHandler(sys.stdout)
    line = '[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s'
    handler.setFormatter(Formatter(line, '%Y-%m-%dT%H:%M:%S'))
    logging.getLogger().addHandler(handler)


def call(connection, method, path, body=None, headers={}):
    connection.request(method, '/2018-06-01/runtime/' + path, body, headers)
    response = connection.getresponse()
    return response.headers, response.read()


def report(connection, path, error_type, message, stack):
    problem = {'errorMessage': message, 'errorType': error_type, 'requestId': current['request_id'], 'stackTrace': stack}
    lines = ['[ERROR] ' + error_type + ': ' + message]
    if stack:
        lines += ['Traceback (most recent call last):'] + ''.join(stack).rstrip('\n').split('\n')
    print('\n'.join(lines), flush=True)
    body = json.dumps(problem, ensure_ascii=False).encode('utf-8', 'surrogatepass')
    call(connection, 'POST', path, body, {'Content-Type': 'application/json', 'Lambda-Runtime-Function-Error-Type': 'Unhandled'})


def stack_of(error):
    frames = traceback.extract_tb(error.__traceback__)
    return traceback.format_list([frame for frame in frames if frame.filename != '<string>' and 'importlib' not in frame.filename])


class InitError(Exception):
    def __init__(self, error_type, message, stack):
        super().__init__(message)
        self.error_type, self.message, self.stack = error_type, message, stack


def load(name):
    module_name, dot, function_name = name.rpartition('.')
    if not dot:
        raise InitError('Runtime.MalformedHandlerName', "Bad handler '" + name + "': not enough values to unpack (expected 2, got 1)", [])
    try:
        module = importlib.import_module(module_name.replace('/', '.'))
    except ImportError as error:
        raise InitError('Runtime.ImportModuleError', "Unable to import module '" + module_name + "': " + str(error), [])
    except SyntaxError as error:
        where = '  File "' + str(error.filename) + '" Line ' + str(error.lineno) + '\n    ' + str(error.text)
        raise InitError('Runtime.UserCodeSyntaxError', "Syntax error in module '" + module_name + "': " + str(error), [where])
    except Exception as error:
        raise InitError(type(error).__name__, str(error), stack_of(error))
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise InitError('Runtime.HandlerNotFound', "Handler '" + function_name + "' missing on module '" + module_name + "'", [])


def unserializable(value):
    if hasattr(value, 'as_tuple'):
        return float(value)
    raise TypeError('Object of type ' + type(value).__name__ + ' is not JSON serializable')


def perform(connection, handler, headers, body):
    path = 'invocation/' + current['request_id']
    try:
        result = handler(json.loads(body), Context(headers))
    except Exception as error:
        report(connection, path + '/error', type(error).__name__, str(error), stack_of(error))
        return
    try:
        answer = json.dumps(result, default=unserializable).encode()
    except Exception as error:
        report(connection, path + '/error', 'Runtime.MarshalError', 'Unable to marshal response: ' + str(error), [])
        return
    sys.stdout.flush()
    sys.stderr.flush()
    call(connection, 'POST', path + '/response', answer, {'Content-Type': 'application/json'})


def main():
    sys.path[0] = task_root
    sys.argv = ['bootstrap']
    sys.stdout.reconfigure(line_buffering=True)
    set_up_logging()
    connection = http.client.HTTPConnection(api)
    try:
        handler = load(os.environ['_HANDLER'])
    except InitError as error:
        report(connection, 'init/error', error.error_type, error.message, error.stack)
        sys.exit(1)
    while True:
        headers, body = call(connection, 'GET', 'invocation/next')
        current['request_id'] = headers['Lambda-Runtime-Aws-Request-Id']
        os.environ['_X_AMZN_TRACE_ID'] = headers['Lambda-Runtime-Trace-Id']
        perform(connection, handler, headers, body)


main()
`
