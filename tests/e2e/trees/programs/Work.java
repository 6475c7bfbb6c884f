/* SPDX-License-Identifier: Apache-2.0 */
/* Work.java PORT NEXT threads|pool|future - who makes a request's call: its thread, a pool's, another pool's. */
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;

class Work {
	static String next;

	static byte[] call(String id) {
		try {
			var url = URI.create("http://127.0.0.1:" + next + "/next/" + id).toURL();
			var connection = (HttpURLConnection) url.openConnection();
			connection.setRequestProperty("x-request-id", id);
			try (var body = connection.getInputStream()) {
				return body.readAllBytes();
			}
		} catch (IOException error) {
			throw new UncheckedIOException(error);
		}
	}

	static void answer(HttpExchange exchange, byte[] body) {
		try {
			exchange.sendResponseHeaders(200, body.length);
			exchange.getResponseBody().write(body);
			exchange.close();
		} catch (IOException error) {
			throw new UncheckedIOException(error);
		}
	}

	static String idOf(HttpExchange exchange) {
		var path = exchange.getRequestURI().getPath();
		return path.substring(path.lastIndexOf('/') + 1);
	}

	public static void main(String[] arguments) throws Exception {
		var server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])), 1024);
		var callers = Executors.newFixedThreadPool(8);
		Executor threadEach = task -> new Thread(task).start();
		next = arguments[1];
		if (arguments[2].equals("future"))
			server.createContext("/", exchange -> CompletableFuture
				.supplyAsync(() -> call(idOf(exchange)), callers)
				.thenApply(body -> body.clone())
				.thenAccept(body -> answer(exchange, body)));
		else
			server.createContext("/", exchange -> answer(exchange, call(idOf(exchange))));
		server.setExecutor(arguments[2].equals("threads") ? threadEach : Executors.newFixedThreadPool(8));
		server.start();
	}
}
