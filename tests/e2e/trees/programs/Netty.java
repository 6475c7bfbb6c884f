/* SPDX-License-Identifier: Apache-2.0 */
/* Netty.java PORT NEXT - two event loops for both sides, and a pool of connections for the calls. */
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.pool.AbstractChannelPoolHandler;
import io.netty.channel.pool.SimpleChannelPool;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AttributeKey;
import java.util.function.Consumer;

class Netty {
	static final AttributeKey<Consumer<FullHttpResponse>> WAITING = AttributeKey.valueOf("waiting");
	static SimpleChannelPool pool;

	static class Client extends SimpleChannelInboundHandler<FullHttpResponse> {
		@Override
		protected void channelRead0(ChannelHandlerContext context, FullHttpResponse answer) {
			var waiting = context.channel().attr(WAITING).getAndSet(null);
			var kept = answer.retain();
			pool.release(context.channel());
			waiting.accept(kept);
		}
	}

	static class Server extends SimpleChannelInboundHandler<FullHttpRequest> {
		@Override
		protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
			var id = request.uri().substring(request.uri().lastIndexOf('/') + 1);
			pool.acquire().addListener(acquired -> {
				var channel = (Channel) acquired.get();
				channel.attr(WAITING).set(answer -> respond(context, answer));
				var call = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/next/" + id);
				call.headers().set("host", "127.0.0.1").set("x-request-id", id);
				channel.writeAndFlush(call);
			});
		}

		static void respond(ChannelHandlerContext context, FullHttpResponse answer) {
			var response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, answer.content());
			response.headers().set("content-length", answer.content().readableBytes());
			context.writeAndFlush(response);
		}
	}

	public static void main(String[] arguments) throws Exception {
		var loops = new NioEventLoopGroup(2);
		var client = new Bootstrap().group(loops).channel(NioSocketChannel.class)
			.remoteAddress("127.0.0.1", Integer.parseInt(arguments[1]));
		pool = new SimpleChannelPool(client, new AbstractChannelPoolHandler() {
			@Override
			public void channelCreated(Channel channel) {
				channel.pipeline().addLast(new HttpClientCodec(), new HttpObjectAggregator(65536), new Client());
			}
		});
		new ServerBootstrap().group(loops).channel(NioServerSocketChannel.class)
			.option(ChannelOption.SO_BACKLOG, 1024)
			.childHandler(new ChannelInitializer<Channel>() {
				@Override
				protected void initChannel(Channel channel) {
					channel.pipeline().addLast(new HttpServerCodec(), new HttpObjectAggregator(65536), new Server());
				}
			})
			.bind("127.0.0.1", Integer.parseInt(arguments[0])).sync();
	}
}
