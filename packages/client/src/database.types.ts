// Generated from the migrations by "npm run generate": do not edit.
export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  public: {
    Tables: {
      audit_log: {
        Row: {
          action: string;
          actor: string;
          actor_id: string | null;
          after: Json | null;
          before: Json | null;
          chain: string;
          content_hash: string;
          created_at: string;
          details: Json | null;
          hash: string;
          ip: unknown;
          request_id: string | null;
          resource_id: string | null;
          resource_type: string;
          seq: number;
          user_agent: string | null;
          user_id: string | null;
        };
        ComputedFields: never;
        Insert: {
          action: string;
          actor: string;
          actor_id?: string | null;
          after?: Json | null;
          before?: Json | null;
          chain: string;
          content_hash: string;
          created_at: string;
          details?: Json | null;
          hash: string;
          ip?: unknown;
          request_id?: string | null;
          resource_id?: string | null;
          resource_type: string;
          seq: number;
          user_agent?: string | null;
          user_id?: string | null;
        };
        Update: {
          action?: string;
          actor?: string;
          actor_id?: string | null;
          after?: Json | null;
          before?: Json | null;
          chain?: string;
          content_hash?: string;
          created_at?: string;
          details?: Json | null;
          hash?: string;
          ip?: unknown;
          request_id?: string | null;
          resource_id?: string | null;
          resource_type?: string;
          seq?: number;
          user_agent?: string | null;
          user_id?: string | null;
        };
        Relationships: [];
      };
      backtest_results: {
        Row: {
          backtest_id: string;
          created_at: string;
          equity: number[];
          equity_at: string[];
          stored_trades: number;
          summary: NonNullable<Json>;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          backtest_id: string;
          created_at?: string;
          equity: number[];
          equity_at: string[];
          stored_trades: number;
          summary: NonNullable<Json>;
          user_id: string;
        };
        Update: {
          backtest_id?: string;
          created_at?: string;
          equity?: number[];
          equity_at?: string[];
          stored_trades?: number;
          summary?: NonNullable<Json>;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'backtest_results_backtest_id_fkey';
            columns: ['backtest_id', 'user_id'];
            isOneToOne: true;
            referencedRelation: 'backtests';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      backtest_trades: {
        Row: {
          backtest_id: string;
          entry_at: string;
          entry_bar: number;
          entry_price: number;
          exit_at: string;
          exit_bar: number;
          exit_price: number;
          fee: number;
          pnl: number;
          quantity: number;
          return_pct: number;
          seq: number;
          side: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          backtest_id: string;
          entry_at: string;
          entry_bar: number;
          entry_price: number;
          exit_at: string;
          exit_bar: number;
          exit_price: number;
          fee: number;
          pnl: number;
          quantity: number;
          return_pct: number;
          seq: number;
          side: string;
          user_id: string;
        };
        Update: {
          backtest_id?: string;
          entry_at?: string;
          entry_bar?: number;
          entry_price?: number;
          exit_at?: string;
          exit_bar?: number;
          exit_price?: number;
          fee?: number;
          pnl?: number;
          quantity?: number;
          return_pct?: number;
          seq?: number;
          side?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'backtest_trades_backtest_id_fkey';
            columns: ['user_id', 'backtest_id'];
            isOneToOne: false;
            referencedRelation: 'backtests';
            referencedColumns: ['user_id', 'id'];
          },
        ];
      };
      backtests: {
        Row: {
          attempt: number;
          created_at: string;
          data_version: number | null;
          engine_version: string | null;
          error: Json | null;
          fee_bps: number;
          finished_at: string | null;
          id: string;
          initial_cash: number;
          instrument_id: number;
          progress: number;
          range_end: string | null;
          range_start: string | null;
          seed: number | null;
          started_at: string | null;
          status: string;
          strategy: NonNullable<Json>;
          strategy_version_id: string | null;
          symbol: string;
          timeframe: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          attempt?: number;
          created_at?: string;
          data_version?: number | null;
          engine_version?: string | null;
          error?: Json | null;
          fee_bps?: number;
          finished_at?: string | null;
          id?: string;
          initial_cash?: number;
          instrument_id: number;
          progress?: number;
          range_end?: string | null;
          range_start?: string | null;
          seed?: number | null;
          started_at?: string | null;
          status?: string;
          strategy: NonNullable<Json>;
          strategy_version_id?: string | null;
          symbol: string;
          timeframe: string;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          attempt?: number;
          created_at?: string;
          data_version?: number | null;
          engine_version?: string | null;
          error?: Json | null;
          fee_bps?: number;
          finished_at?: string | null;
          id?: string;
          initial_cash?: number;
          instrument_id?: number;
          progress?: number;
          range_end?: string | null;
          range_start?: string | null;
          seed?: number | null;
          started_at?: string | null;
          status?: string;
          strategy?: NonNullable<Json>;
          strategy_version_id?: string | null;
          symbol?: string;
          timeframe?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'backtests_coverage_fkey';
            columns: ['instrument_id', 'timeframe'];
            isOneToOne: false;
            referencedRelation: 'candle_coverage';
            referencedColumns: ['instrument_id', 'timeframe'];
          },
          {
            foreignKeyName: 'backtests_strategy_version_id_fkey';
            columns: ['strategy_version_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'strategy_versions';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      bot_events: {
        Row: {
          bot_id: string;
          created_at: string;
          id: number;
          message: string;
          metadata: NonNullable<Json>;
          occurred_at: string;
          run_id: string | null;
          severity: string;
          type: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          bot_id: string;
          created_at?: string;
          id?: never;
          message: string;
          metadata?: NonNullable<Json>;
          occurred_at?: string;
          run_id?: string | null;
          severity?: string;
          type: string;
          user_id: string;
        };
        Update: {
          bot_id?: string;
          created_at?: string;
          id?: never;
          message?: string;
          metadata?: NonNullable<Json>;
          occurred_at?: string;
          run_id?: string | null;
          severity?: string;
          type?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'bot_events_bot_id_fkey';
            columns: ['bot_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'bots';
            referencedColumns: ['id', 'user_id'];
          },
          {
            foreignKeyName: 'bot_events_run_id_fkey';
            columns: ['run_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'trading_runs';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      bots: {
        Row: {
          created_at: string;
          credential_id: string | null;
          current_balance: number | null;
          daily_risk_cap: number | null;
          description: string | null;
          error_count: number;
          id: string;
          initial_balance: number | null;
          last_error: string | null;
          last_heartbeat_at: string | null;
          last_run_at: string | null;
          max_daily_trades: number | null;
          max_drawdown_pct: number | null;
          max_open_positions: number | null;
          max_order_value: number | null;
          metadata: NonNullable<Json>;
          mode: string;
          name: string;
          parameters: NonNullable<Json>;
          risk_per_trade: number | null;
          schedule_days: number[];
          schedule_end_time: string | null;
          schedule_start_time: string | null;
          schedule_timezone: string;
          started_at: string | null;
          status: string;
          strategy_id: string | null;
          strategy_type: string;
          strategy_version: number | null;
          symbols: string[];
          timeframe: string | null;
          total_pnl: number;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          credential_id?: string | null;
          current_balance?: number | null;
          daily_risk_cap?: number | null;
          description?: string | null;
          error_count?: number;
          id?: string;
          initial_balance?: number | null;
          last_error?: string | null;
          last_heartbeat_at?: string | null;
          last_run_at?: string | null;
          max_daily_trades?: number | null;
          max_drawdown_pct?: number | null;
          max_open_positions?: number | null;
          max_order_value?: number | null;
          metadata?: NonNullable<Json>;
          mode?: string;
          name: string;
          parameters?: NonNullable<Json>;
          risk_per_trade?: number | null;
          schedule_days?: number[];
          schedule_end_time?: string | null;
          schedule_start_time?: string | null;
          schedule_timezone?: string;
          started_at?: string | null;
          status?: string;
          strategy_id?: string | null;
          strategy_type: string;
          strategy_version?: number | null;
          symbols: string[];
          timeframe?: string | null;
          total_pnl?: number;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          created_at?: string;
          credential_id?: string | null;
          current_balance?: number | null;
          daily_risk_cap?: number | null;
          description?: string | null;
          error_count?: number;
          id?: string;
          initial_balance?: number | null;
          last_error?: string | null;
          last_heartbeat_at?: string | null;
          last_run_at?: string | null;
          max_daily_trades?: number | null;
          max_drawdown_pct?: number | null;
          max_open_positions?: number | null;
          max_order_value?: number | null;
          metadata?: NonNullable<Json>;
          mode?: string;
          name?: string;
          parameters?: NonNullable<Json>;
          risk_per_trade?: number | null;
          schedule_days?: number[];
          schedule_end_time?: string | null;
          schedule_start_time?: string | null;
          schedule_timezone?: string;
          started_at?: string | null;
          status?: string;
          strategy_id?: string | null;
          strategy_type?: string;
          strategy_version?: number | null;
          symbols?: string[];
          timeframe?: string | null;
          total_pnl?: number;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'bots_strategy_version_fkey';
            columns: ['strategy_id', 'strategy_version', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'strategy_versions';
            referencedColumns: ['strategy_id', 'version', 'user_id'];
          },
        ];
      };
      candle_coverage: {
        Row: {
          candle_count: number;
          first_at: string;
          instrument_id: number;
          last_at: string;
          timeframe: string;
          updated_at: string;
          version: number;
        };
        ComputedFields: never;
        Insert: {
          candle_count: number;
          first_at: string;
          instrument_id: number;
          last_at: string;
          timeframe: string;
          updated_at?: string;
          version?: number;
        };
        Update: {
          candle_count?: number;
          first_at?: string;
          instrument_id?: number;
          last_at?: string;
          timeframe?: string;
          updated_at?: string;
          version?: number;
        };
        Relationships: [
          {
            foreignKeyName: 'candle_coverage_instrument_id_fkey';
            columns: ['instrument_id'];
            isOneToOne: false;
            referencedRelation: 'instruments';
            referencedColumns: ['id'];
          },
        ];
      };
      candles: {
        Row: {
          close: number;
          high: number;
          instrument_id: number;
          low: number;
          open: number;
          timeframe: string;
          ts: string;
          volume: number;
        };
        ComputedFields: never;
        Insert: {
          close: number;
          high: number;
          instrument_id: number;
          low: number;
          open: number;
          timeframe: string;
          ts: string;
          volume: number;
        };
        Update: {
          close?: number;
          high?: number;
          instrument_id?: number;
          low?: number;
          open?: number;
          timeframe?: string;
          ts?: string;
          volume?: number;
        };
        Relationships: [];
      };
      events: {
        Row: {
          created_at: string;
          event: string;
          payload: NonNullable<Json>;
          seq: number;
          topic: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          event: string;
          payload: NonNullable<Json>;
          seq: number;
          topic: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          event?: string;
          payload?: NonNullable<Json>;
          seq?: number;
          topic?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      fills: {
        Row: {
          created_at: string;
          executed_at: string;
          external_id: string | null;
          fee: number;
          fee_currency: string | null;
          liquidity: string | null;
          order_id: string | null;
          position_id: string | null;
          price: number;
          quantity: number;
          run_id: string;
          seq: number;
          side: string;
          symbol: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          executed_at: string;
          external_id?: string | null;
          fee?: number;
          fee_currency?: string | null;
          liquidity?: string | null;
          order_id?: string | null;
          position_id?: string | null;
          price: number;
          quantity: number;
          run_id: string;
          seq: number;
          side: string;
          symbol: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          executed_at?: string;
          external_id?: string | null;
          fee?: number;
          fee_currency?: string | null;
          liquidity?: string | null;
          order_id?: string | null;
          position_id?: string | null;
          price?: number;
          quantity?: number;
          run_id?: string;
          seq?: number;
          side?: string;
          symbol?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'fills_order_id_fkey';
            columns: ['order_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'orders';
            referencedColumns: ['id', 'user_id'];
          },
          {
            foreignKeyName: 'fills_position_id_fkey';
            columns: ['position_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'positions';
            referencedColumns: ['id', 'user_id'];
          },
          {
            foreignKeyName: 'fills_run_id_fkey';
            columns: ['run_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'trading_runs';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      instruments: {
        Row: {
          created_at: string;
          id: number;
          name: string | null;
          symbol: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          id?: never;
          name?: string | null;
          symbol: string;
        };
        Update: {
          created_at?: string;
          id?: never;
          name?: string | null;
          symbol?: string;
        };
        Relationships: [];
      };
      models: {
        Row: {
          accuracy: number | null;
          auc: number | null;
          created_at: string;
          data_version: number | null;
          feature_importance: Json | null;
          feature_spec: NonNullable<Json>;
          horizon: number;
          id: string;
          instrument_id: number;
          kind: string;
          learning_version: string | null;
          metrics: NonNullable<Json>;
          name: string;
          params: NonNullable<Json>;
          precision: number | null;
          recall: number | null;
          seed: number;
          stale_at: string | null;
          status: string;
          task: string;
          timeframe: string;
          trained_at: string | null;
          trained_from: string | null;
          trained_to: string | null;
          updated_at: string;
          user_id: string;
          version: number;
        };
        ComputedFields: never;
        Insert: {
          accuracy?: number | null;
          auc?: number | null;
          created_at?: string;
          data_version?: number | null;
          feature_importance?: Json | null;
          feature_spec: NonNullable<Json>;
          horizon?: number;
          id?: string;
          instrument_id: number;
          kind: string;
          learning_version?: string | null;
          metrics?: NonNullable<Json>;
          name: string;
          params?: NonNullable<Json>;
          precision?: number | null;
          recall?: number | null;
          seed?: number;
          stale_at?: string | null;
          status?: string;
          task: string;
          timeframe: string;
          trained_at?: string | null;
          trained_from?: string | null;
          trained_to?: string | null;
          updated_at?: string;
          user_id?: string;
          version?: number;
        };
        Update: {
          accuracy?: number | null;
          auc?: number | null;
          created_at?: string;
          data_version?: number | null;
          feature_importance?: Json | null;
          feature_spec?: NonNullable<Json>;
          horizon?: number;
          id?: string;
          instrument_id?: number;
          kind?: string;
          learning_version?: string | null;
          metrics?: NonNullable<Json>;
          name?: string;
          params?: NonNullable<Json>;
          precision?: number | null;
          recall?: number | null;
          seed?: number;
          stale_at?: string | null;
          status?: string;
          task?: string;
          timeframe?: string;
          trained_at?: string | null;
          trained_from?: string | null;
          trained_to?: string | null;
          updated_at?: string;
          user_id?: string;
          version?: number;
        };
        Relationships: [
          {
            foreignKeyName: 'models_coverage_fkey';
            columns: ['instrument_id', 'timeframe'];
            isOneToOne: false;
            referencedRelation: 'candle_coverage';
            referencedColumns: ['instrument_id', 'timeframe'];
          },
        ];
      };
      orders: {
        Row: {
          accepted_at: string | null;
          average_price: number | null;
          bot_id: string;
          broker_order_id: string | null;
          client_order_id: string;
          created_at: string;
          expires_at: string | null;
          filled_quantity: number;
          finished_at: string | null;
          id: string;
          limit_price: number | null;
          metadata: NonNullable<Json>;
          option_details: Json | null;
          position_id: string | null;
          quantity: number;
          reduce_only: boolean;
          reject_reason: string | null;
          run_id: string;
          side: string;
          status: string;
          stop_price: number | null;
          submitted_at: string | null;
          symbol: string;
          time_in_force: string;
          trail_amount: number | null;
          trail_pct: number | null;
          type: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          accepted_at?: string | null;
          average_price?: number | null;
          bot_id: string;
          broker_order_id?: string | null;
          client_order_id: string;
          created_at?: string;
          expires_at?: string | null;
          filled_quantity?: number;
          finished_at?: string | null;
          id?: string;
          limit_price?: number | null;
          metadata?: NonNullable<Json>;
          option_details?: Json | null;
          position_id?: string | null;
          quantity: number;
          reduce_only?: boolean;
          reject_reason?: string | null;
          run_id: string;
          side: string;
          status?: string;
          stop_price?: number | null;
          submitted_at?: string | null;
          symbol: string;
          time_in_force?: string;
          trail_amount?: number | null;
          trail_pct?: number | null;
          type: string;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          accepted_at?: string | null;
          average_price?: number | null;
          bot_id?: string;
          broker_order_id?: string | null;
          client_order_id?: string;
          created_at?: string;
          expires_at?: string | null;
          filled_quantity?: number;
          finished_at?: string | null;
          id?: string;
          limit_price?: number | null;
          metadata?: NonNullable<Json>;
          option_details?: Json | null;
          position_id?: string | null;
          quantity?: number;
          reduce_only?: boolean;
          reject_reason?: string | null;
          run_id?: string;
          side?: string;
          status?: string;
          stop_price?: number | null;
          submitted_at?: string | null;
          symbol?: string;
          time_in_force?: string;
          trail_amount?: number | null;
          trail_pct?: number | null;
          type?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'orders_position_id_fkey';
            columns: ['position_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'positions';
            referencedColumns: ['id', 'user_id'];
          },
          {
            foreignKeyName: 'orders_run_id_fkey';
            columns: ['run_id', 'bot_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'trading_runs';
            referencedColumns: ['id', 'bot_id', 'user_id'];
          },
        ];
      };
      positions: {
        Row: {
          bot_id: string;
          closed_at: string | null;
          created_at: string;
          direction: string;
          entry_logic: string | null;
          entry_price: number | null;
          exit_logic: string | null;
          exit_price: number | null;
          exit_reason: string | null;
          fees: number;
          id: string;
          mark_price: number | null;
          market_context: Json | null;
          metadata: NonNullable<Json>;
          open_quantity: number;
          opened_at: string;
          option_details: Json | null;
          quantity: number;
          realized_pnl: number;
          run_id: string;
          status: string;
          stop_loss: number | null;
          strategy: string | null;
          symbol: string;
          take_profit: number | null;
          unrealized_pnl: number;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          bot_id: string;
          closed_at?: string | null;
          created_at?: string;
          direction: string;
          entry_logic?: string | null;
          entry_price?: number | null;
          exit_logic?: string | null;
          exit_price?: number | null;
          exit_reason?: string | null;
          fees?: number;
          id?: string;
          mark_price?: number | null;
          market_context?: Json | null;
          metadata?: NonNullable<Json>;
          open_quantity: number;
          opened_at: string;
          option_details?: Json | null;
          quantity: number;
          realized_pnl?: number;
          run_id: string;
          status?: string;
          stop_loss?: number | null;
          strategy?: string | null;
          symbol: string;
          take_profit?: number | null;
          unrealized_pnl?: number;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          bot_id?: string;
          closed_at?: string | null;
          created_at?: string;
          direction?: string;
          entry_logic?: string | null;
          entry_price?: number | null;
          exit_logic?: string | null;
          exit_price?: number | null;
          exit_reason?: string | null;
          fees?: number;
          id?: string;
          mark_price?: number | null;
          market_context?: Json | null;
          metadata?: NonNullable<Json>;
          open_quantity?: number;
          opened_at?: string;
          option_details?: Json | null;
          quantity?: number;
          realized_pnl?: number;
          run_id?: string;
          status?: string;
          stop_loss?: number | null;
          strategy?: string | null;
          symbol?: string;
          take_profit?: number | null;
          unrealized_pnl?: number;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'positions_run_id_fkey';
            columns: ['run_id', 'bot_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'trading_runs';
            referencedColumns: ['id', 'bot_id', 'user_id'];
          },
        ];
      };
      predictions: {
        Row: {
          confidence: number | null;
          created_at: string;
          horizon: number;
          instrument_id: number;
          model_id: string;
          model_version: number;
          probabilities: Json | null;
          timeframe: string;
          ts: string;
          user_id: string;
          value: number | null;
        };
        ComputedFields: never;
        Insert: {
          confidence?: number | null;
          created_at?: string;
          horizon: number;
          instrument_id: number;
          model_id: string;
          model_version: number;
          probabilities?: Json | null;
          timeframe: string;
          ts: string;
          user_id: string;
          value?: number | null;
        };
        Update: {
          confidence?: number | null;
          created_at?: string;
          horizon?: number;
          instrument_id?: number;
          model_id?: string;
          model_version?: number;
          probabilities?: Json | null;
          timeframe?: string;
          ts?: string;
          user_id?: string;
          value?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: 'predictions_instrument_id_fkey';
            columns: ['instrument_id'];
            isOneToOne: false;
            referencedRelation: 'instruments';
            referencedColumns: ['id'];
          },
          {
            foreignKeyName: 'predictions_model_id_fkey';
            columns: ['model_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'models';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      run_logs: {
        Row: {
          created_at: string;
          data: Json | null;
          level: string;
          logged_at: string;
          message: string;
          run_id: string;
          seq: number;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          data?: Json | null;
          level?: string;
          logged_at: string;
          message: string;
          run_id: string;
          seq: number;
          user_id: string;
        };
        Update: {
          created_at?: string;
          data?: Json | null;
          level?: string;
          logged_at?: string;
          message?: string;
          run_id?: string;
          seq?: number;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'run_logs_run_id_fkey';
            columns: ['run_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'trading_runs';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      signals: {
        Row: {
          created_at: string;
          executed: boolean;
          executed_at: string | null;
          indicators: NonNullable<Json>;
          order_id: string | null;
          price: number | null;
          reasons: NonNullable<Json>;
          run_id: string;
          seq: number;
          signal_at: string;
          strength: number | null;
          symbol: string;
          timeframe: string | null;
          type: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          executed?: boolean;
          executed_at?: string | null;
          indicators?: NonNullable<Json>;
          order_id?: string | null;
          price?: number | null;
          reasons?: NonNullable<Json>;
          run_id: string;
          seq: number;
          signal_at: string;
          strength?: number | null;
          symbol: string;
          timeframe?: string | null;
          type: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          executed?: boolean;
          executed_at?: string | null;
          indicators?: NonNullable<Json>;
          order_id?: string | null;
          price?: number | null;
          reasons?: NonNullable<Json>;
          run_id?: string;
          seq?: number;
          signal_at?: string;
          strength?: number | null;
          symbol?: string;
          timeframe?: string | null;
          type?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'signals_order_id_fkey';
            columns: ['order_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'orders';
            referencedColumns: ['id', 'user_id'];
          },
          {
            foreignKeyName: 'signals_run_id_fkey';
            columns: ['run_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'trading_runs';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      strategies: {
        Row: {
          created_at: string;
          current_version: number;
          description: string | null;
          id: string;
          is_active: boolean;
          name: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          current_version?: number;
          description?: string | null;
          id?: string;
          is_active?: boolean;
          name: string;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          created_at?: string;
          current_version?: number;
          description?: string | null;
          id?: string;
          is_active?: boolean;
          name?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      strategy_template_shares: {
        Row: {
          created_at: string;
          shared_with: string;
          template_id: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          shared_with: string;
          template_id: string;
          user_id?: string;
        };
        Update: {
          created_at?: string;
          shared_with?: string;
          template_id?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'strategy_template_shares_template_id_fkey';
            columns: ['template_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'strategy_templates';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      strategy_templates: {
        Row: {
          created_at: string;
          description: string | null;
          id: string;
          is_public: boolean;
          name: string;
          template_data: NonNullable<Json>;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          description?: string | null;
          id?: string;
          is_public?: boolean;
          name: string;
          template_data: NonNullable<Json>;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          created_at?: string;
          description?: string | null;
          id?: string;
          is_public?: boolean;
          name?: string;
          template_data?: NonNullable<Json>;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      strategy_versions: {
        Row: {
          created_at: string;
          created_by: string | null;
          id: string;
          note: string | null;
          source: string | null;
          spec: NonNullable<Json>;
          strategy_id: string;
          user_id: string;
          version: number;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          created_by?: string | null;
          id?: string;
          note?: string | null;
          source?: string | null;
          spec: NonNullable<Json>;
          strategy_id: string;
          user_id?: string;
          version: number;
        };
        Update: {
          created_at?: string;
          created_by?: string | null;
          id?: string;
          note?: string | null;
          source?: string | null;
          spec?: NonNullable<Json>;
          strategy_id?: string;
          user_id?: string;
          version?: number;
        };
        Relationships: [
          {
            foreignKeyName: 'strategy_versions_strategy_id_fkey';
            columns: ['strategy_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'strategies';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      studies: {
        Row: {
          attempt: number;
          best_trial: number | null;
          created_at: string;
          data_version: number | null;
          direction: string;
          engine_version: string | null;
          error: Json | null;
          finished_at: string | null;
          id: string;
          instrument_id: number;
          kind: string;
          name: string;
          objective: string;
          planned_trials: number | null;
          progress: number;
          result: Json | null;
          search_space: NonNullable<Json>;
          seed: number;
          spec: NonNullable<Json>;
          started_at: string | null;
          status: string;
          strategy_version_id: string | null;
          timeframe: string;
          trial_count: number;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          attempt?: number;
          best_trial?: number | null;
          created_at?: string;
          data_version?: number | null;
          direction?: string;
          engine_version?: string | null;
          error?: Json | null;
          finished_at?: string | null;
          id?: string;
          instrument_id: number;
          kind: string;
          name: string;
          objective: string;
          planned_trials?: number | null;
          progress?: number;
          result?: Json | null;
          search_space?: NonNullable<Json>;
          seed?: number;
          spec: NonNullable<Json>;
          started_at?: string | null;
          status?: string;
          strategy_version_id?: string | null;
          timeframe: string;
          trial_count?: number;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          attempt?: number;
          best_trial?: number | null;
          created_at?: string;
          data_version?: number | null;
          direction?: string;
          engine_version?: string | null;
          error?: Json | null;
          finished_at?: string | null;
          id?: string;
          instrument_id?: number;
          kind?: string;
          name?: string;
          objective?: string;
          planned_trials?: number | null;
          progress?: number;
          result?: Json | null;
          search_space?: NonNullable<Json>;
          seed?: number;
          spec?: NonNullable<Json>;
          started_at?: string | null;
          status?: string;
          strategy_version_id?: string | null;
          timeframe?: string;
          trial_count?: number;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'studies_coverage_fkey';
            columns: ['instrument_id', 'timeframe'];
            isOneToOne: false;
            referencedRelation: 'candle_coverage';
            referencedColumns: ['instrument_id', 'timeframe'];
          },
          {
            foreignKeyName: 'studies_strategy_version_id_fkey';
            columns: ['strategy_version_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'strategy_versions';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      system_config: {
        Row: {
          created_at: string;
          description: string;
          key: string;
          max_value: number | null;
          min_value: number | null;
          updated_at: string;
          updated_by: string | null;
          value: NonNullable<Json>;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          description: string;
          key: string;
          max_value?: number | null;
          min_value?: number | null;
          updated_at?: string;
          updated_by?: string | null;
          value: NonNullable<Json>;
        };
        Update: {
          created_at?: string;
          description?: string;
          key?: string;
          max_value?: number | null;
          min_value?: number | null;
          updated_at?: string;
          updated_by?: string | null;
          value?: NonNullable<Json>;
        };
        Relationships: [];
      };
      trades: {
        Row: {
          bot_id: string;
          commission: number;
          created_at: string;
          direction: string;
          entry_at: string;
          entry_logic: string | null;
          entry_price: number;
          exit_at: string | null;
          exit_logic: string | null;
          exit_price: number | null;
          exit_reason: string | null;
          gross_pnl: number | null;
          id: string;
          metadata: NonNullable<Json>;
          net_pnl: number | null;
          pnl_pct: number | null;
          position_id: string | null;
          quantity: number;
          run_id: string;
          status: string;
          strategy: string | null;
          symbol: string;
          timeframe: string | null;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          bot_id: string;
          commission?: number;
          created_at?: string;
          direction: string;
          entry_at: string;
          entry_logic?: string | null;
          entry_price: number;
          exit_at?: string | null;
          exit_logic?: string | null;
          exit_price?: number | null;
          exit_reason?: string | null;
          gross_pnl?: number | null;
          id?: string;
          metadata?: NonNullable<Json>;
          net_pnl?: number | null;
          pnl_pct?: number | null;
          position_id?: string | null;
          quantity: number;
          run_id: string;
          status?: string;
          strategy?: string | null;
          symbol: string;
          timeframe?: string | null;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          bot_id?: string;
          commission?: number;
          created_at?: string;
          direction?: string;
          entry_at?: string;
          entry_logic?: string | null;
          entry_price?: number;
          exit_at?: string | null;
          exit_logic?: string | null;
          exit_price?: number | null;
          exit_reason?: string | null;
          gross_pnl?: number | null;
          id?: string;
          metadata?: NonNullable<Json>;
          net_pnl?: number | null;
          pnl_pct?: number | null;
          position_id?: string | null;
          quantity?: number;
          run_id?: string;
          status?: string;
          strategy?: string | null;
          symbol?: string;
          timeframe?: string | null;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'trades_position_id_fkey';
            columns: ['position_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'positions';
            referencedColumns: ['id', 'user_id'];
          },
          {
            foreignKeyName: 'trades_run_id_fkey';
            columns: ['run_id', 'bot_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'trading_runs';
            referencedColumns: ['id', 'bot_id', 'user_id'];
          },
        ];
      };
      trading_runs: {
        Row: {
          bot_id: string;
          config: NonNullable<Json>;
          created_at: string;
          daily_pnl: number;
          ended_at: string | null;
          error: string | null;
          id: string;
          last_fill_seq: number;
          last_log_seq: number;
          max_drawdown: number | null;
          metadata: NonNullable<Json>;
          mode: string;
          started_at: string;
          status: string;
          total_pnl: number;
          trade_count: number;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          bot_id: string;
          config?: NonNullable<Json>;
          created_at?: string;
          daily_pnl?: number;
          ended_at?: string | null;
          error?: string | null;
          id?: string;
          last_fill_seq?: number;
          last_log_seq?: number;
          max_drawdown?: number | null;
          metadata?: NonNullable<Json>;
          mode: string;
          started_at?: string;
          status?: string;
          total_pnl?: number;
          trade_count?: number;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          bot_id?: string;
          config?: NonNullable<Json>;
          created_at?: string;
          daily_pnl?: number;
          ended_at?: string | null;
          error?: string | null;
          id?: string;
          last_fill_seq?: number;
          last_log_seq?: number;
          max_drawdown?: number | null;
          metadata?: NonNullable<Json>;
          mode?: string;
          started_at?: string;
          status?: string;
          total_pnl?: number;
          trade_count?: number;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'trading_runs_bot_id_fkey';
            columns: ['bot_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'bots';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      training_runs: {
        Row: {
          attempt: number;
          created_at: string;
          data_version: number | null;
          error: Json | null;
          finished_at: string | null;
          id: string;
          learning_version: string | null;
          metrics: Json | null;
          model_id: string;
          model_version: number | null;
          params: NonNullable<Json>;
          progress: number;
          started_at: string | null;
          status: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          attempt?: number;
          created_at?: string;
          data_version?: number | null;
          error?: Json | null;
          finished_at?: string | null;
          id?: string;
          learning_version?: string | null;
          metrics?: Json | null;
          model_id: string;
          model_version?: number | null;
          params?: NonNullable<Json>;
          progress?: number;
          started_at?: string | null;
          status?: string;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          attempt?: number;
          created_at?: string;
          data_version?: number | null;
          error?: Json | null;
          finished_at?: string | null;
          id?: string;
          learning_version?: string | null;
          metrics?: Json | null;
          model_id?: string;
          model_version?: number | null;
          params?: NonNullable<Json>;
          progress?: number;
          started_at?: string | null;
          status?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'training_runs_model_id_fkey';
            columns: ['model_id', 'user_id'];
            isOneToOne: false;
            referencedRelation: 'models';
            referencedColumns: ['id', 'user_id'];
          },
        ];
      };
      trials: {
        Row: {
          created_at: string;
          error: string | null;
          finished_at: string | null;
          metrics: Json | null;
          number: number;
          objective_value: number | null;
          params: NonNullable<Json>;
          started_at: string | null;
          status: string;
          study_id: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          error?: string | null;
          finished_at?: string | null;
          metrics?: Json | null;
          number: number;
          objective_value?: number | null;
          params: NonNullable<Json>;
          started_at?: string | null;
          status?: string;
          study_id: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          error?: string | null;
          finished_at?: string | null;
          metrics?: Json | null;
          number?: number;
          objective_value?: number | null;
          params?: NonNullable<Json>;
          started_at?: string | null;
          status?: string;
          study_id?: string;
          user_id?: string;
        };
        Relationships: [
          {
            foreignKeyName: 'trials_study_id_fkey';
            columns: ['user_id', 'study_id'];
            isOneToOne: false;
            referencedRelation: 'studies';
            referencedColumns: ['user_id', 'id'];
          },
        ];
      };
      user_roles: {
        Row: {
          created_at: string;
          granted_by: string | null;
          role: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          granted_by?: string | null;
          role?: string;
          updated_at?: string;
          user_id: string;
        };
        Update: {
          created_at?: string;
          granted_by?: string | null;
          role?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
      workspaces: {
        Row: {
          created_at: string;
          data: NonNullable<Json>;
          id: string;
          name: string;
          updated_at: string;
          user_id: string;
        };
        ComputedFields: never;
        Insert: {
          created_at?: string;
          data?: NonNullable<Json>;
          id?: string;
          name: string;
          updated_at?: string;
          user_id?: string;
        };
        Update: {
          created_at?: string;
          data?: NonNullable<Json>;
          id?: string;
          name?: string;
          updated_at?: string;
          user_id?: string;
        };
        Relationships: [];
      };
    };
    Views: {
      [_ in never]: never;
    };
    Functions: {
      cancel_backtest: {
        Args: { p_backtest_id: string };
        Returns: {
          attempt: number;
          created_at: string;
          data_version: number | null;
          engine_version: string | null;
          error: Json | null;
          fee_bps: number;
          finished_at: string | null;
          id: string;
          initial_cash: number;
          instrument_id: number;
          progress: number;
          range_end: string | null;
          range_start: string | null;
          seed: number | null;
          started_at: string | null;
          status: string;
          strategy: NonNullable<Json>;
          strategy_version_id: string | null;
          symbol: string;
          timeframe: string;
          updated_at: string;
          user_id: string;
        };
        SetofOptions: {
          from: '*';
          to: 'backtests';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
      create_backtest: {
        Args: {
          p_fee_bps?: number;
          p_initial_cash?: number;
          p_range_end?: string;
          p_range_start?: string;
          p_strategy: Json;
          p_symbol: string;
          p_timeframe: string;
        };
        Returns: {
          attempt: number;
          created_at: string;
          data_version: number | null;
          engine_version: string | null;
          error: Json | null;
          fee_bps: number;
          finished_at: string | null;
          id: string;
          initial_cash: number;
          instrument_id: number;
          progress: number;
          range_end: string | null;
          range_start: string | null;
          seed: number | null;
          started_at: string | null;
          status: string;
          strategy: NonNullable<Json>;
          strategy_version_id: string | null;
          symbol: string;
          timeframe: string;
          updated_at: string;
          user_id: string;
        };
        SetofOptions: {
          from: '*';
          to: 'backtests';
          isOneToOne: true;
          isSetofReturn: false;
        };
      };
    };
    Enums: {
      [_ in never]: never;
    };
    CompositeTypes: {
      [_ in never]: never;
    };
  };
};

type DatabaseWithoutInternals = Omit<Database, '__InternalSupabase'>;

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, 'public'>];

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema['Tables'] & DefaultSchema['Views'])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'] &
        DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Views'])
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'] &
      DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Views'])[TableName] extends {
      Row: infer R;
    }
    ? R
    : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema['Tables'] & DefaultSchema['Views'])
    ? (DefaultSchema['Tables'] & DefaultSchema['Views'])[DefaultSchemaTableNameOrOptions] extends {
        Row: infer R;
      }
      ? R
      : never
    : never;

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables'] | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables']
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'][TableName] extends {
      Insert: infer I;
    }
    ? I
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables']
    ? DefaultSchema['Tables'][DefaultSchemaTableNameOrOptions] extends {
        Insert: infer I;
      }
      ? I
      : never
    : never;

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables'] | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables']
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions['schema']]['Tables'][TableName] extends {
      Update: infer U;
    }
    ? U
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema['Tables']
    ? DefaultSchema['Tables'][DefaultSchemaTableNameOrOptions] extends {
        Update: infer U;
      }
      ? U
      : never
    : never;

export type Enums<
  DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema['Enums'] | { schema: keyof DatabaseWithoutInternals },
  EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions['schema']]['Enums']
    : never = never,
> = DefaultSchemaEnumNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions['schema']]['Enums'][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema['Enums']
    ? DefaultSchema['Enums'][DefaultSchemaEnumNameOrOptions]
    : never;

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema['CompositeTypes']
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions['schema']]['CompositeTypes']
    : never = never,
> = PublicCompositeTypeNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions['schema']]['CompositeTypes'][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema['CompositeTypes']
    ? DefaultSchema['CompositeTypes'][PublicCompositeTypeNameOrOptions]
    : never;

export const Constants = {
  public: {
    Enums: {},
  },
} as const;
